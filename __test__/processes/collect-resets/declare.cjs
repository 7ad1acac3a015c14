const MOMENTS = {
  'process.nextTick': (reset) => process.nextTick(reset),
  'a microtask': (reset) => Promise.resolve().then(reset),
  setImmediate: (reset) => setImmediate(reset),
  'a timer': (reset) => setTimeout(reset, 2),
};

/** Declares metrics that are reset at the given moment after each `collect`. If `label` is not empty, they have it. */
module.exports = ({ mpmetrics, kept, sleep }, moment, label) => {
  const labelNames = label === '' ? [] : ['who'];
  const labels = label === '' ? {} : { who: label };
  kept.resets = 0;
  const given = (name) => ({
    name,
    help: 'h',
    labelNames,
    collect() {
      MOMENTS[moment](() => {
        this.reset();
        kept.resets++;
      });
    },
  });
  const c = new mpmetrics.Counter(given('c'));
  const g = new mpmetrics.Gauge(given('g'));
  const h = new mpmetrics.Histogram({ ...given('h'), buckets: [1, 10] });
  const s = new mpmetrics.Summary({ ...given('s'), percentiles: [0.5] });
  kept.count = (n) => {
    c.inc(labels, n);
    g.set(labels, n);
    h.observe(labels, n);
    s.observe(labels, n);
  };
  /** Waits until this many resets were made, over all metrics. */
  kept.untilResets = async (resets) => {
    while (kept.resets < resets) await sleep(1);
  };
};
