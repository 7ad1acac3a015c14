/** Ends automatic counting when a program calls `httpMetrics()`, because the program then chooses the options. */

const END = Symbol.for('mpmetrics.http.automatic');

/** The global object, on which all copies of this package in a thread share the function that ends the counting. */
const thread = globalThis as { [END]?: (() => void) | undefined };

/** Returns whether requests are counted automatically in this thread. */
export function isAutomatic(): boolean {
  return thread[END] !== undefined;
}

/** Marks requests as counted automatically. {@link endAutomatic} calls `end`, and takes the mark away. */
export function onEnd(end: () => void): void {
  thread[END] = end;
}

/** Ends automatic counting in this thread. */
export function endAutomatic(): void {
  thread[END]?.();
  thread[END] = undefined;
}
