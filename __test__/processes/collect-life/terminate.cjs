/** Terminates threads at random moments, while they and the main thread scrape and run `collect` callbacks. */
const { Worker, isMainThread } = require('node:worker_threads');
const { register } = require('mpmetrics');
const declareCallbacks = require('./callbacks.cjs');
if (isMainThread) {
  // Unless the argument is `both`, only the threads have callbacks, and the watcher thread starts and ends with them.
  if (process.argv[2] === 'both') declareCallbacks();
  let over = false;
  (async () => {
    while (!over) await register.metrics();
  })();
  (async () => {
    for (let i = 0; i < 25; i++) {
      const workers = [1, 2].map(() => new Worker(__filename));
      await Promise.all(
        workers.map((worker) => new Promise((resolve) => worker.once('online', resolve))),
      );
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
      await Promise.all(workers.map((worker) => worker.terminate()));
    }
    over = true;
    console.log((await register.metrics()).length > 0);
  })();
} else {
  declareCallbacks();
  (async () => {
    for (;;) await register.metrics();
  })();
}
