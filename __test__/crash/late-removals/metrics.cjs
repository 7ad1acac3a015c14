module.exports = ({ mpmetrics, kept }) => {
  const { Counter, Gauge, Histogram, Summary } = mpmetrics;
  const of = (name) => ({ name, help: 'h', labelNames: ['n'] });
  kept.c = new Counter(of('c'));
  kept.g = new Gauge(of('g'));
  kept.every = new Gauge(of('every'));
  kept.all = new Gauge({ ...of('all'), aggregator: 'shared' });
  kept.h = new Histogram({ ...of('h'), buckets: [1] });
  kept.s = new Summary(of('s'));
  kept.r = new Counter(of('r'));
  kept.w = new Counter(of('w'));
  for (const n of ['a', 'b']) {
    for (const metric of [kept.c, kept.g, kept.every, kept.all, kept.r, kept.w])
      metric.inc({ n }, 2);
    for (const metric of [kept.h, kept.s]) metric.observe({ n }, 1);
  }
};
