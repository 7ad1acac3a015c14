/** Prints what an application gets from deep paths. The argument is the JSON of a list of paths below `lib/`. */
const client = require('mpmetrics');
// For each path: whether it leads to the same module with and without `.js`.
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
