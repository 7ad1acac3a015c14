const { Counter, register } = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
const old = new Counter({ name: 'old_total', help: 'o', labelNames: ['path'] });
const random = new Counter({ name: 'random_total', help: 'r', labelNames: ['id'] });
// The series `known` and `/` exist already, so this process can bind them. Its new series, `late0` and so on, are
// refused, because the other processes have reached the limit of series.
for (let i = 0; i < 5_000; i++) {
  random.inc({ id: 'late' + i });
  random.inc({ id: 'known' });
  old.inc({ path: '/' });
}
register.metrics().then((text) => {
  const { dropped } = openSegment({ create: false }).stats();
  console.log(JSON.stringify({ text, dropped }));
});
