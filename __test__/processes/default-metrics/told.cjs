/** Collects with `{ collect: config }`, and ends that with `{ stop: true }`. */
const { parentPort } = require('node:worker_threads');
const mpmetrics = require('mpmetrics');

mpmetrics.configure({ collectTimeout: 20000 });
let stop;
parentPort.on('message', (asked) => {
  if (asked.stop) stop();
  else stop = mpmetrics.collectDefaultMetrics(asked.collect);
  parentPort.postMessage('done');
});
