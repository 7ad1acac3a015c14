/**
 * Starts threads that count, scrape and run callbacks, and terminates them at random moments. The main thread scrapes
 * meanwhile, and prints the number of updates at the end.
 */
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { Counter, register } = require('mpmetrics');
const declareCallbacks = require('./callbacks.cjs');
const updates = new Counter({ name: 'updates_total', help: 'u', labelNames: ['way'] });
declareCallbacks();
if (isMainThread) {
  let over = false;
  (async () => {
    while (!over) await register.metrics();
  })();
  (async () => {
    const counts = new Int32Array(new SharedArrayBuffer(4));
    for (let i = 0; i < Number(process.argv[2]); i += 2) {
      const workers = [1, 2].map(() => new Worker(__filename, { workerData: counts }));
      await Promise.all(
        workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))),
      );
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    over = true;
    console.log(counts[0]);
  })();
} else {
  (async () => {
    for (;;) {
      updates.inc({ way: 'terminate' });
      Atomics.add(workerData, 0, 1);
      parentPort.postMessage('counted');
      await register.metrics();
    }
  })();
}
