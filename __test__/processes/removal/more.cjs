/** Declares metrics of further types and aggregators. `kept.update(n)` updates all metrics. */
module.exports = ({ mpmetrics, counter, gauge, kept }) => {
  kept.plain = new mpmetrics.Counter({ name: 'plain', help: 'p' });
  kept.h = new mpmetrics.Histogram({ name: 'h', help: 'h', labelNames: ['n'], buckets: [1] });
  kept.recent = new mpmetrics.Gauge({ name: 'r', help: 'r', aggregator: 'mostrecent' });
  kept.all = new mpmetrics.Gauge({ name: 'all', help: 'a', labelNames: ['n'], aggregator: 'all' });
  kept.omit = new mpmetrics.Counter({
    name: 'o',
    help: 'o',
    labelNames: ['n'],
    aggregator: 'omit',
  });
  kept.update = (n) => {
    gauge.set({ n: 'a' }, n);
    gauge.set({ n: 'b' }, n);
    counter.inc({ n: 'a' }, n);
    kept.plain.inc(n);
    kept.h.observe({ n: 'a' }, n);
    kept.recent.set(n);
    kept.all.set({ n: 'a' }, n);
    kept.omit.inc({ n: 'a' }, n);
  };
};
