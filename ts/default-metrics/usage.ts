/** The process's memory usage, which some sandboxes forbid to read. */

/** The figures that are shown, in bytes. */
interface MemoryUsage {
  rss: number;
  heapTotal: number;
  heapUsed: number;
  external: number;
}

/** Returns `process.memoryUsage()`; undefined if it is forbidden. */
export function memoryUsage(): MemoryUsage | undefined {
  return allowed(() => process.memoryUsage());
}

/** Returns `process.memoryUsage.rss()`, in bytes; undefined if it is forbidden. */
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
