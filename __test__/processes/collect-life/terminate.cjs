/** Terminates threads at random moments, while they and the main thread scrape and run `collect` callbacks. */
const { Worker, isMainThread } = require('node:worker_threads');
const { Gauge, register } = require('mpmetrics');
const declare = () => {
  new Gauge({
    name: 'sync',
    help: 's',
    collect() {
      this.inc();
    },
  });
  new Gauge({
    name: 'async',
    help: 'a',
    async collect() {
      await null;
      this.inc();
    },
  });
};
if (isMainThread) {
  // Unless the argument is `both`, only the threads have callbacks, and the watcher thread starts and ends with them.
  if (process.argv[2] === 'both') declare();
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
  declare();
  (async () => {
    for (;;) await register.metrics();
  })();
}
