/** A thread that starts to collect default metrics on `{ collect: config }`, and stops on `{ stop: true }`. */
const { parentPort } = require('node:worker_threads');
const mpmetrics = require('mpmetrics');

mpmetrics.configure({ collectTimeout: 20000 });
let stop;
parentPort.on('message', (asked) => {
  if (asked.stop) stop();
  else stop = mpmetrics.collectDefaultMetrics(asked.collect);
  parentPort.postMessage('done');
});
