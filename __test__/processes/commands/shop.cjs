/** An application with metrics of all types, in a primary and one cluster worker. Prints a line when all have counted. */
const cluster = require('node:cluster');
const { Counter, Enum, Gauge, Histogram, Info, Summary } = require('mpmetrics');

const orders = new Counter({ name: 'orders_total', help: 'Orders.', labelNames: ['status'] });
if (cluster.isPrimary) {
  orders.inc({ status: 'paid' }, 2);
  cluster.fork().on('message', () => console.log('ready'));
} else {
  orders.inc({ status: 'paid' }, 3);
  orders.inc({ status: 'a "quoted", \\ text' });
  new Gauge({ name: 'open_carts', help: 'Carts.' }).set(7);
  new Gauge({ name: 'load', help: 'Load of each worker.', aggregator: 'all' }).set(0.5);
  const wait = new Histogram({ name: 'wait_seconds', help: 'Waits.', buckets: [0.1, 1] });
  for (const value of [0.05, 0.5, 5]) wait.observe(value);
  new Summary({ name: 'basket', help: 'Articles.', percentiles: [0.5] }).observe(4);
  new Enum({ name: 'phase', help: 'Phase.', states: ['open', 'closed'] }).state('open');
  new Info({ name: 'build', help: 'Build.' }).info({ version: '1.2.3' });
  process.send('counted');
}
