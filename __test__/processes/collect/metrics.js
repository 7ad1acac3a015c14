/** Every process and thread counts the calls of its callback; one callback is async. */
const { configure, Gauge, register } = require('mpmetrics');
// One that is slow to be scheduled, on a busy machine, must not fail the exact numbers.
configure({ collectTimeout: 20_000 });
exports.declare = (who) => {
  let calls = 0;
  new Gauge({
    name: 'calls',
    help: 'c',
    labelNames: ['who'],
    collect() {
      this.set({ who }, ++calls);
    },
  });
  new Gauge({
    name: 'later',
    help: 'l',
    labelNames: ['who'],
    async collect() {
      await new Promise((resolve) => setTimeout(resolve, 5));
      this.set({ who }, calls);
    },
  });
  new Gauge({
    name: 'living',
    help: 'l',
    collect() {
      this.set(1);
    },
  });
};
exports.scrape = () => register.metrics();
