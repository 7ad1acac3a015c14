/** Counts in one turn of the event loop, which never ends. If counts were pending, a kill would lose them. */
const { Counter } = require('mpmetrics');
const { writeSync } = require('node:fs');
writeSync(1, 'begins\n');
const counter = new Counter({ name: 'busy_total', help: 'b', labelNames: ['n'] });
for (;;) {
  counter.inc({ n: process.argv[2] });
  writeSync(1, 'counted\n');
}
