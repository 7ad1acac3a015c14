const { join } = require('node:path');
const { Worker } = require('node:worker_threads');

/** A thread that counts: `kept.counted(n)` has it count, and waits until it has. */
module.exports = ({ kept }) => {
  kept.thread = new Worker(join(__dirname, 'counter.cjs'));
  kept.counted = (n) =>
    new Promise((resolve) => {
      kept.thread.once('message', resolve);
      kept.thread.postMessage(n);
    });
};
