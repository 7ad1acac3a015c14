const { Counter, Gauge, Histogram, Summary, register } = require('mpmetrics');
const { heap } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'storage'));
const who = process.env.MPMETRICS_CELLS;
const counter = new Counter({ name: 'c_total', help: 'c', labelNames: ['who'] });
const histogram = new Histogram({ name: 'h', help: 'h', buckets: [1, 2, 3] });
const summary = new Summary({ name: 's', help: 's', percentiles: [0, 0.1, 0.4, 0.6, 0.8, 1] });
const child = counter.labels(who);
const each = Number(process.argv[2]);
for (let i = 0; i < each; i++) {
  counter.inc({ who });
  child.inc(2);
  histogram.observe(i % 4);
  summary.observe([-5, 0, 1, 3000][i % 4]);
}
new Gauge({ name: 'done', help: 'd' }).set(1);
console.log(heap.paths.stores);
process.stdin.on('data', async () => console.log(JSON.stringify(await register.metrics())));
