/** A main thread and two worker threads count. The main thread prints the results of WorkerRegistry. */
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const client = require('mpmetrics');
const counter = new client.Counter({ name: 'c_total', help: 'h' });
new client.Gauge({
  name: 'collected',
  help: 'h',
  labelNames: ['thread'],
  collect() {
    this.set({ thread: isMainThread ? 'main' : 'other' }, 1);
  },
});
const tell = (what) =>
  new Promise((resolve) => process.stdout.write(JSON.stringify(what) + '\n', resolve));
if (isMainThread) {
  (async () => {
    counter.inc(1);
    const threads = [10, 100].map((n) => new Worker(__filename, { argv: [n] }));
    await Promise.all(threads.map((one) => new Promise((resolve) => one.once('message', resolve))));
    const registry = new client.WorkerRegistry();
    const counted = client.WorkerRegistry.workerCount();
    const text = await registry.workerMetrics();
    const parts = await Promise.all(
      threads.map((one) => {
        one.postMessage('json');
        return new Promise((resolve) => one.once('message', resolve));
      }),
    );
    parts.push(await client.register.getMetricsAsJSON());
    const summed = await client.AggregatorRegistry.aggregate(parts).metrics();
    const inProcess = await client.register.getMetricsAsJSON({ scope: 'process' });
    threads[0].terminate();
    while (client.WorkerRegistry.workerCount() !== 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    const after = await registry.workerMetrics();
    const shutdown = [];
    const running = registry.workerMetrics().then(() => shutdown.push('scraped'));
    await registry.shutdown();
    shutdown.push('shut down');
    await running;
    await tell({ counted, text, summed, inProcess, after, shutdown, primary: registry.primary });
    process.stdin.once('data', () => process.exit());
  })();
} else {
  counter.inc(Number(process.argv[2]));
  parentPort.postMessage('ready');
  parentPort.on('message', async () =>
    parentPort.postMessage(await client.register.getMetricsAsJSON()),
  );
}
