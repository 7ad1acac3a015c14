/**
 * Registers a collector. It yields a gauge `yielded` that shows how often the collector was called, and a gauge
 * `yielding` whose sum is the number of collectors that ran for a scrape.
 */
module.exports = ({ mpmetrics }, who, everywhere) => {
  let calls = 0;
  const collector = {
    collect() {
      const yielded = new mpmetrics.Gauge({
        name: 'yielded',
        help: 'y',
        labelNames: ['who'],
        registers: [],
      });
      yielded.set({ who }, ++calls);
      const yielding = new mpmetrics.Gauge({ name: 'yielding', help: 'y', registers: [] });
      yielding.set(1);
      return [yielded, yielding];
    },
  };
  mpmetrics.register.registerCollector(collector, { everywhere });
};
