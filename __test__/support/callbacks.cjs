/**
 * Declares two gauges, for programs that end while callbacks run. One callback returns at once, and the promise of the
 * other settles a microtask later.
 */
const { Gauge } = require('mpmetrics');

module.exports = () => {
  new Gauge({
    name: 'sync',
    help: 's',
    collect() {
      this.inc();
    },
  });
  new Gauge({
    name: 'async',
    help: 'a',
    async collect() {
      await null;
      this.inc();
    },
  });
};
