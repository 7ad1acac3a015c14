/**
 * Counts, acknowledges each update on stdout, and scrapes, with callbacks. `leaver.js WAY AFTER`: how the process ends,
 * and the milliseconds after which it does.
 */
const { writeSync } = require('node:fs');
const { Counter, Gauge, register } = require('mpmetrics');
const declareCallbacks = require('./callbacks.cjs');
const [way, after] = process.argv.slice(2);
const updates = new Counter({ name: 'updates_total', help: 'u', labelNames: ['way'] });
declareCallbacks();
new Gauge({
  name: 'late',
  help: 'l',
  async collect() {
    await new Promise(setImmediate);
    this.inc();
  },
});
if (way === 'exit') setTimeout(() => process.exit(3), Number(after));
if (way === 'throw')
  setTimeout(() => {
    throw new Error('uncaught');
  }, Number(after));
(async () => {
  for (;;) {
    updates.inc({ way });
    writeSync(1, 'x\n');
    await register.metrics();
  }
})();
