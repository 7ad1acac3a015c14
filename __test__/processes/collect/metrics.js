/**
 * Declares three gauges with callbacks. `calls` and `later` show how often the callback of `calls` ran; the callback of
 * `later` is asynchronous. The sum of `living` is the number of processes and threads.
 */
const { configure, Gauge, register } = require('mpmetrics');
// On a busy machine a thread may answer late. A long timeout keeps the numbers exact.
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
