const cluster = require('node:cluster');
const { Worker, isMainThread, parentPort } = require('node:worker_threads');
const { collectDefaultMetrics, configure, register } = require('mpmetrics');
configure({ collectTimeout: 20_000 });
collectDefaultMetrics({
  perProcess: true,
  metrics: ['processMaxFileDescriptors', 'heapSizeAndUsed'],
});
if (!isMainThread) {
  parentPort.postMessage('ready');
  parentPort.on('message', () => {});
} else if (cluster.isPrimary) {
  let ready = 0;
  const pids = [];
  cluster.on('message', async () => {
    if (++ready < 2) return;
    /** @type {any} */
    const size = register.getSingleMetric('nodejs_heap_size_total_bytes');
    const heaps = () => size._getValue();
    const all = await register.metrics();
    const one = Object.values(cluster.workers)[0];
    one.process.kill('SIGKILL');
    await require('node:events').once(one, 'exit');
    const after = await register.metrics();
    // Reads the value of the last scrape, because V8's heap may have grown since.
    console.log(JSON.stringify({ all, heap: heaps(), after, pids }));
    process.exit();
  });
  for (let i = 0; i < 2; i++) pids.push(cluster.fork().process.pid);
} else {
  new Worker(__filename).once('message', () => process.send('ready'));
}
