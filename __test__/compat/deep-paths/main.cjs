const client = require('mpmetrics');
const found = JSON.parse(process.argv[2]).map((path) => {
  const [bare, full] = ['', '.js'].map((end) => require('mpmetrics/lib/' + path + end));
  return bare === full;
});
const roots = ['/index', '/index.js'].map((end) => require('mpmetrics' + end) === client);
const added = require('mpmetrics/lib/metrics/eventLoopUtilization').metricNames.length;
import('mpmetrics/lib/counter.js').then((module) =>
  console.log(
    JSON.stringify([
      found,
      roots,
      added,
      module.default === client.Counter,
      require('mpmetrics/lib/registry').globalRegistry === client.register,
      new client.Counter({ name: 'c', help: 'h' }) instanceof
        require('mpmetrics/lib/metric').Metric,
    ]),
  ),
);
