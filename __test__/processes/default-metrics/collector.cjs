/**
 * A thread that collects default metrics. When it gets the name of a metric, it answers with the metric's value in this
 * thread, or with null if this thread does not have the metric.
 */
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
