/**
 * `attack.js WHO VALUES SETTINGS` makes old series, then counts random label values, and updates the old series
 * meanwhile. Prints figures of the heap and the process, and a scrape.
 */
const { randomBytes } = require('node:crypto');
const { Counter, Histogram, configure, register } = require('mpmetrics');
const { openSegment } = require(
  require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'),
);
require('node:v8').setFlagsFromString('--expose-gc');
const gc = require('node:vm').runInNewContext('gc');
const [who, values, settings] = process.argv.slice(2);
configure(JSON.parse(settings));
const random = new Counter({ name: 'random_total', help: 'r', labelNames: ['id'] });
const old = new Counter({ name: 'old_total', help: 'o', labelNames: ['path'] });
const work = new Histogram({ name: 'work', help: 'w', labelNames: ['path'], buckets: [1, 2] });
const child = old.labels('/child');
for (const path of ['/', '/user']) {
  old.inc({ path }, 0);
  work.observe({ path }, 1);
}
child.inc(0);
random.inc({ id: 'known' });
const look = () => {
  gc();
  const { usedBytes, dropped } = openSegment({ create: false }).stats();
  return {
    usedBytes,
    dropped,
    heapUsed: process.memoryUsage().heapUsed,
    rss: process.memoryUsage().rss,
  };
};
const count = (text) => text.match(/^random_total\{/gm).length;
const noise = randomBytes(8).toString('hex');
process.stdin.once('data', async () => {
  const begun = performance.now();
  let filled;
  for (let i = 0; i < Number(values); i++) {
    random.inc({ id: who + noise + Math.random().toString(36) + i });
    if (i % 10 === 0) {
      old.inc({ path: '/' });
      child.inc();
      work.observe({ path: '/user' }, 1.5);
    }
    if (i === Number(values) / 2) filled = look();
  }
  const ms = performance.now() - begun;
  const { heapUsed } = look();
  const text = await register.metrics();
  const end = { ...look(), heapUsed };
  const rest = text
    .split('\n')
    .filter((line) => !line.startsWith('random_total{'))
    .join('\n');
  console.log(JSON.stringify({ ms, filled, end, shown: count(text), rest }));
  process.stdin.on('data', (line) => {
    if (!String(line).startsWith('look')) process.exit();
    console.log(JSON.stringify(look().dropped));
  });
});
console.log('"ready"');
