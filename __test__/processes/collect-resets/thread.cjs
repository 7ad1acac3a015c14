const { join } = require('node:path');
const { Worker } = require('node:worker_threads');

/** Starts a worker thread with a counter. `kept.counted(n)` sends it n, and waits until it has added n. */
module.exports = ({ kept }) => {
  kept.thread = new Worker(join(__dirname, 'counter.cjs'));
  kept.counted = (n) =>
    new Promise((resolve) => {
      kept.thread.once('message', resolve);
      kept.thread.postMessage(n);
    });
};
