/** Declares a counter and a histogram. `kept.update(who, n)` updates both, with exemplars that have the label `who`. */
module.exports = ({ mpmetrics, kept }) => {
  const { register, Counter, Histogram } = mpmetrics;
  register.setContentType(mpmetrics.openMetricsContentType);
  const common = { help: 'h', labelNames: ['who'], enableExemplars: true };
  kept.c = new Counter({ ...common, name: 'c_total' });
  kept.h = new Histogram({ ...common, name: 'h', buckets: [1, 2] });
  kept.update = (who, n) => {
    const exemplarLabels = { who, n, pad: 'p'.repeat(n % 90) };
    kept.c.inc({ labels: { who }, value: n, exemplarLabels });
    kept.h.observe({ labels: {}, value: (n % 3) + 0.5, exemplarLabels });
  };
};
