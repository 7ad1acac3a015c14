/** `@prometheus-io/client/lib/metrics/helpers/safeRss`. */

/** What `process.memoryUsage.rss()` says; undefined in sandboxes that forbid it. */
function safeRss(): number | undefined {
  try {
    return process.memoryUsage.rss();
  } catch {
    return undefined;
  }
}

export = safeRss;
