/** `count.js WHO REQUESTS`: each line `half` of stdin counts half of the REQUESTS, each with a path of its own. */
const { Counter, Histogram, Summary, register } = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
const [who, requests] = process.argv.slice(2);
/** @type {{ help: string, labelNames: string[], overflow: 'other' }} */
const config = { help: 'h', labelNames: ['path'], overflow: 'other' };
const counted = new Counter({ name: 'requests_total', ...config, maxSeries: 100 });
const seconds = new Histogram({ name: 'seconds', ...config, buckets: [1], maxSeries: 20 });
const sizes = new Summary({ name: 'sizes', ...config, percentiles: [], maxSeries: 20 });
const paths = new Counter({
  name: 'paths_total',
  help: 'h',
  labelNames: ['path'],
  maxLabelValues: { path: 50 },
});
const figures = () => {
  const { usedBytes, series, dropped } = openSegment({ create: false }).stats();
  return { usedBytes, series, dropped };
};
let next = 0;
const half = () => {
  const end = next + Math.ceil(Number(requests) / 2);
  for (; next < Math.min(end, Number(requests)); next++) {
    const path = `/${who}/${Math.random().toString(36)}${next}`;
    counted.inc({ path });
    seconds.observe({ path }, next % 3);
    // Half of the sizes are observed by children.
    if (next % 2 === 0) sizes.observe({ path }, 1);
    else sizes.labels(path).observe(1);
    paths.labels({ path }).inc();
  }
};
require('node:readline')
  .createInterface(process.stdin)
  .on('line', async (line) => {
    if (line === 'leave') process.exit();
    if (line === 'half') {
      half();
      console.log(JSON.stringify(figures()));
    } else console.log(JSON.stringify({ text: await register.metrics(), figures: figures() }));
  });
console.log('"ready"');
