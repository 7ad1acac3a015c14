/** Fills the heap with series, and updates the first of them meanwhile. Prints a scrape and figures of the heap. */
const { Counter, Histogram, register } = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
const counter = new Counter({ name: 'c', help: 'c', labelNames: ['n'] });
const histogram = new Histogram({ name: 'h', help: 'h' });
const first = counter.labels('first');
(async () => {
  first.inc();
  for (let i = 0; i < 30_000; i++) {
    counter.inc({ n: process.argv[2] + i });
    first.inc();
    histogram.observe(1);
  }
  // Makes families, for which there is no room either.
  for (let i = 0; i < 20; i++)
    new Counter({ name: 'late_' + process.argv[2] + i, help: 'x'.repeat(4000) }).inc();
  const text = await register.metrics();
  const { dropped, series, usedBytes, reservedBytes } = openSegment({ create: false }).stats();
  console.log(JSON.stringify({ text, dropped, series, usedBytes, reservedBytes }));
  process.stdin.once('data', () => process.exit());
})();
