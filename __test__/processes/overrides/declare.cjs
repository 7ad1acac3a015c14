module.exports = ({ mpmetrics, kept }, n) => {
  const { Counter, Histogram, Gauge } = mpmetrics;
  // Text that looks like the first line of `own_total`. The `get` of that metric is replaced below, so a scrape leaves
  // out the lines that the heap has of it. The scrape must not leave out this text as well.
  const help = '# HELP own_total h';
  new Gauge({ name: 'a', help, labelNames: ['l'] }).set({ l: help }, 1);
  kept.counter = new Counter({ name: 'own_total', help: 'h' });
  kept.counter.inc(n);
  kept.get = kept.counter.get;
  kept.counter.get = async () => ({
    name: 'own_total',
    help: 'h',
    type: 'counter',
    aggregator: 'sum',
    values: [{ labels: {}, value: n * 100 }],
  });
  kept.histogram = new Histogram({ name: 'own_seconds', help: 'h', buckets: [1] });
  kept.histogram.observe(n);
  kept.histogram.get = async () => ({
    name: 'own_seconds',
    help: 'h',
    type: 'histogram',
    aggregator: 'sum',
    values: [],
  });
  new Gauge({ name: 'z', help: 'h' }).set(1);
};
