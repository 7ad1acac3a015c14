const { once } = require('node:events');
const { join } = require('node:path');
const { Worker } = require('node:worker_threads');

/** Collects default metrics in this thread and in a worker thread, `kept.thread`. */
module.exports = async ({ mpmetrics, kept }) => {
  mpmetrics.collectDefaultMetrics();
  kept.thread = new Worker(join(__dirname, 'collector.cjs'));
  await once(kept.thread, 'message');
};
