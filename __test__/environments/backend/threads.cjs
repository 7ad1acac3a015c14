/** Makes two metrics in the main thread and in two worker threads, one after the other. Prints what each was told. */
const { isMainThread, Worker } = require('node:worker_threads');
const mpmetrics = require('mpmetrics');

for (const name of ['one', 'two']) new mpmetrics.Counter({ name, help: 'h' }).inc();
process.stdout.write(`${JSON.stringify({ isMainThread, told: globalThis.told })}\n`);
if (isMainThread) {
  const first = new Worker(__filename);
  first.on('exit', () => new Worker(__filename, { env: {} }));
}
