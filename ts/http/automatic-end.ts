/** The end of automatic counting: a program that calls `httpMetrics()` chooses its options itself. */

const END = Symbol.for('mpmetrics.http.automatic');

/** The thread's automatic counting, which all copies of this package share. */
const thread = globalThis as { [END]?: (() => void) | undefined };

/** Returns whether requests are counted automatically in this thread. */
export function isAutomatic(): boolean {
  return thread[END] !== undefined;
}

/** Says how automatic counting ends. */
export function onEnd(end: () => void): void {
  thread[END] = end;
}

/** Ends automatic counting in this thread. */
export function endAutomatic(): void {
  thread[END]?.();
  thread[END] = undefined;
}
