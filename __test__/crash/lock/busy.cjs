/** Counts in one turn of the event loop, so that counts which are still pending at a kill are lost. */
const { Counter } = require('mpmetrics');
const { writeSync } = require('node:fs');
writeSync(1, 'begins\n');
const counter = new Counter({ name: 'busy_total', help: 'b', labelNames: ['n'] });
for (;;) {
  counter.inc({ n: process.argv[2] });
  writeSync(1, 'counted\n');
}
