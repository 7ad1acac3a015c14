/**
 * Obeys lines of stdin. `pour NUMBER` makes so many series, and prints nothing. `count FROM` counts in ten series, and
 * `show` in none; both then print a scrape, the time of the longest update, and the whole time, in milliseconds.
 */
require('mpmetrics').configure({ maxSeriesPerMetric: 20_000 });
const { collectLibraryMetrics, Counter, Histogram, register } = require('mpmetrics');
collectLibraryMetrics();
const old = new Counter({ name: 'old_total', help: 'o' });
const series = new Counter({ name: 'series_total', help: 's', labelNames: ['n'] });
const poured = new Counter({ name: 'poured_total', help: 'p', labelNames: ['n'] });
old.inc();
console.log('ready');
require('node:readline')
  .createInterface(process.stdin)
  .on('line', async (line) => {
    const [command, from] = line.split(' ');
    const began = process.hrtime.bigint();
    let longest = 0;
    // Makes 20 series every 10 ms.
    for (let n = 0; command === 'pour' && n < Number(from);) {
      for (let i = 0; i < 20; i++) poured.inc({ n: n++ });
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (command === 'pour') return;
    if (command === 'count') {
      for (let i = 0; i < 20; i++) {
        const start = process.hrtime.bigint();
        series.inc({ n: Number(from) + (i % 10) });
        longest = Math.max(longest, Number(process.hrtime.bigint() - start) / 1e6);
        old.inc();
      }
      const late = new Histogram({ name: 'late_' + from, help: 'l', buckets: [1] });
      late.observe(1);
    }
    const total = Number(process.hrtime.bigint() - began) / 1e6;
    console.log(JSON.stringify({ longest, total, text: await register.metrics() }));
  });
