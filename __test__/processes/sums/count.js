/** `count` updates metrics. `show` waits until all threads have counted, and prints a scrape. Neither uses IPC. */
const { Counter, Histogram, Gauge, Summary, register } = require('mpmetrics');
exports.count = async (who, n) => {
  const plain = new Counter({ name: 'plain_total', help: 'p' });
  const labelled = new Counter({ name: 'labelled_total', help: 'l', labelNames: ['who', 'odd'] });
  const histogram = new Histogram({
    name: 'work',
    help: 'h',
    labelNames: ['odd'],
    buckets: [1, 2, 3],
  });
  const summary = new Summary({ name: 'size', help: 's' });
  const halves = new Summary({ name: 'halves', help: 's', percentiles: [0.49, 0.51] });
  const child = labelled.labels(who, 'never');
  for (let i = 0; i < n; i++) {
    plain.inc();
    labelled.inc({ who, odd: i % 2 });
    child.inc(2);
    histogram.observe({ odd: String(i % 2) }, i % 4);
    summary.observe(3);
    halves.observe(i < n / 2 ? -2 : 7);
  }
  // After a scrape of its own, this isolate has no pending series, so that all processes see its counts.
  await register.metrics();
  new Gauge({ name: 'done', help: 'd' }).set(1);
};
exports.show = async (who, all) => {
  let text;
  do {
    await new Promise((resolve) => setTimeout(resolve, 20));
    text = await register.metrics();
  } while (!text.includes('done ' + all + '\n'));
  console.log(JSON.stringify({ who, text }));
  // Ends only after all processes have scraped, because scrapes do not show gauges of ended processes.
  await new Promise((resolve) => process.stdin.once('data', resolve).once('end', resolve));
};
