/** What the process says of its memory; undefined in sandboxes that forbid it. */

/** `process.memoryUsage()`. */
export function memoryUsage(): NodeJS.MemoryUsage | undefined {
  return allowed(() => process.memoryUsage());
}

/** `process.memoryUsage.rss()`: bytes. */
export function residentBytes(): number | undefined {
  return allowed(() => process.memoryUsage.rss());
}

function allowed<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
