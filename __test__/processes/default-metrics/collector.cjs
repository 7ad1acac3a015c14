/** A thread that collects default metrics. It answers a metric's name with this thread's value of it; null for none. */
const { parentPort } = require('node:worker_threads');
const mpmetrics = require('mpmetrics');

mpmetrics.configure({ collectTimeout: 20000 });
mpmetrics.collectDefaultMetrics();
parentPort.on('message', (name) => {
  /** @type {any} */
  const metric = mpmetrics.register.getSingleMetric(name);
  parentPort.postMessage(metric === undefined ? null : metric._getValue());
});
parentPort.postMessage('ready');
