/** Counts at full speed, and acknowledges each update by a byte. */
const { Counter, Histogram } = require('mpmetrics');
const { writeSync } = require('node:fs');
const labels = { role: process.argv[2] };
const common = { help: 'h', labelNames: ['role'] };
const counter = new Counter({ name: 'updates_total', ...common });
const histogram = new Histogram({ name: 'work', buckets: [0.5, 1, 2], ...common });
// A pipe takes a byte before the next update, so that the byte survives the kill. While the pipe is full, the worker
// waits.
const one = Buffer.from('x');
for (;;) {
  histogram.observe(labels, 1);
  counter.inc(labels);
  writeSync(1, one);
}
