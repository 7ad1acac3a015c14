/** A worker thread that adds each number it gets to a counter, which it resets right after each `collect`. */
const { parentPort } = require('node:worker_threads');
const mpmetrics = require('mpmetrics');

mpmetrics.configure({ collectTimeout: 20_000 });
const c = new mpmetrics.Counter({
  name: 'c',
  help: 'h',
  collect() {
    process.nextTick(() => this.reset());
  },
});
parentPort.on('message', (n) => {
  c.inc(n);
  parentPort.postMessage('counted');
});
