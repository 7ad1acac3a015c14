/** Counts each value of a label from `from` to `to - 1`, in two counters with a limit. */
module.exports = ({ mpmetrics }, from, to) => {
  const config = { help: 'h', labelNames: ['path'] };
  const values = new mpmetrics.Counter({ name: 'values', ...config, maxLabelValues: { path: 5 } });
  const series = new mpmetrics.Counter({
    name: 'series',
    ...config,
    maxSeries: 5,
    overflow: 'other',
  });
  for (let path = from; path < to; path++) {
    values.inc({ path });
    series.inc({ path });
  }
};
