const { Worker } = require('node:worker_threads');
const { join } = require('node:path');

/** Starts a thread that registers a collector, and waits until the collector is registered. */
module.exports = async ({ kept }) => {
  kept.thread = new Worker(join(__dirname, 'thread.cjs'), {
    workerData: require.resolve('mpmetrics', { paths: [process.cwd()] }),
  });
  await new Promise((resolve) => kept.thread.once('message', resolve));
};
