/** Declares gauges whose callbacks settle at once and a microtask later, for programs that end while they run. */
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
