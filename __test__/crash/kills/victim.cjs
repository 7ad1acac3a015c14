const { values, percentiles, acknowledgement } = require('./observed.json');
const { writeSync } = require('node:fs');
const { Counter, Histogram, Gauge, Summary } = require('mpmetrics');
// Tells the killer that this process is about to enter the heap.
writeSync(3, 'x');
const common = { help: 'h', labelNames: ['role'] };
const counter = new Counter({ name: 'updates_total', ...common });
const histogram = new Histogram({ name: 'work', buckets: [0.5, 1, 2], ...common });
const asked = { percentiles, ...common };
const summary = new Summary({ name: 'size', ...asked });
const windowed = new Summary({ name: 'recent', maxAgeSeconds: 86_400, ageBuckets: 4, ...asked });
new Gauge({ name: 'alive', help: 'a' }).set(1);
const labels = { role: process.argv[2] };
const one = Buffer.alloc(acknowledgement, 'x');
// writeSync is synchronous: an acknowledgement is in the pipe before the next update, and survives the kill. It blocks
// while the pipe is full.
for (let i = 0; ; i++) {
  const value = values[i % values.length];
  histogram.observe(labels, 1);
  summary.observe(labels, value);
  windowed.observe(labels, value);
  counter.inc(labels);
  writeSync(1, one);
}
