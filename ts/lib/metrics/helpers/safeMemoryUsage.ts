/** `prom-client/lib/metrics/helpers/safeMemoryUsage`. */

/** What `process.memoryUsage()` says; undefined in sandboxes that forbid it. */
function safeMemoryUsage(): NodeJS.MemoryUsage | undefined {
  try {
    return process.memoryUsage();
  } catch {
    return undefined;
  }
}

export = safeMemoryUsage;
