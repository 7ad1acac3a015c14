/** A process that `memory.mjs` and `writers.mjs` measure: it makes one metric, or none, and then does nothing. */
const { client } = JSON.parse(process.argv[2]);

if (client !== null) {
  const { default: metrics } = await import(client);
  new metrics.Counter({ name: 'idle_total', help: 'counted once' }).inc();
}
process.on('message', () => process.exit());
globalThis.gc?.();
process.send({ rss: process.memoryUsage.rss() });
