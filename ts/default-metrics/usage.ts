/** The process's memory usage; undefined in sandboxes that forbid it. */

/** The figures that are shown, in bytes. */
interface MemoryUsage {
  rss: number;
  heapTotal: number;
  heapUsed: number;
  external: number;
}

/** `process.memoryUsage()`. */
export function memoryUsage(): MemoryUsage | undefined {
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
