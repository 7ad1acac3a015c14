module.exports = ({ mpmetrics, kept }) => {
  const { Counter, Gauge, Histogram, Summary } = mpmetrics;
  const of = (name) => ({ name, help: 'h', labelNames: ['n'] });
  kept.c = new Counter(of('c'));
  kept.om = new mpmetrics.Registry(mpmetrics.Registry.OPENMETRICS_CONTENT_TYPE);
  kept.x = new Counter({ ...of('x'), enableExemplars: true, registers: [kept.om] });
  kept.g = new Gauge(of('g'));
  kept.recent = new Gauge({ ...of('recent'), aggregator: 'mostrecent' });
  kept.all = new Gauge({ ...of('shared'), aggregator: 'shared' });
  kept.h = new Histogram({ ...of('h'), buckets: [1, 2] });
  kept.s = new Summary({ ...of('s'), percentiles: [0.5] });
  kept.w = new Summary({ ...of('w'), percentiles: [0.5], maxAgeSeconds: 86_400, ageBuckets: 3 });
  kept.update = (n, times = 1) => {
    for (let i = 0; i < times; i++) {
      kept.c.inc({ n }, 1);
      kept.x.inc({ labels: { n }, value: 1, exemplarLabels: { id: n } });
      kept.g.inc({ n }, 1);
      kept.recent.set({ n }, i);
      kept.all.inc({ n: 'all' }, 1);
      kept.h.observe({ n }, 1.5);
      kept.s.observe({ n }, 7);
      kept.w.observe({ n }, 7);
    }
  };
};
