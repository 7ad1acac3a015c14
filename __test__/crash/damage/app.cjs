const client = require('mpmetrics');
client.register.setContentType(client.Registry.OPENMETRICS_CONTENT_TYPE);
client.register.setDefaultLabels({ service: 'shop"s' });
client.collectLibraryMetrics();
const labelNames = ['route', 'code'];
const counter = new client.Counter({
  name: 'damage_count_total',
  help: 'The help of it',
  labelNames,
  enableExemplars: true,
});
const gauge = new client.Gauge({ name: 'damage_level', help: 'Another help', labelNames });
const histogram = new client.Histogram({
  name: 'damage_seconds',
  help: 'Seconds',
  labelNames,
  buckets: [0.1, 1, 10],
});
const summary = new client.Summary({ name: 'damage_size', help: 'Bytes', labelNames });
const labels = ['/a', '/b\n"', '/\u00e4'].map((route, code) => ({ route, code }));
const count = () => {
  for (const one of labels) {
    counter.inc({ labels: one, value: 1, exemplarLabels: { trace: '7f' } });
    gauge.set(one, 2);
    histogram.observe(one, 0.5);
    summary.observe(one, 3);
  }
};
count();
setInterval(count, 1);
let warned = 0;
let alone = false;
process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code }) => {
  warned += code === 'MPMETRICS_CORRUPT' ? 1 : 0;
  alone ||= code === 'MPMETRICS_MEMORY';
});
const page = (registry, type) => {
  registry.setContentType(type);
  return registry.metrics().catch(({ code, message }) => {
    // If the header's version has changed, the segment looks like that of another build.
    if (!['ERR_MPMETRICS_CORRUPT', 'ERR_MPMETRICS_VERSION'].includes(code))
      throw new Error(message);
    alone = true;
    return null;
  });
};
console.log('ready');
require('node:readline')
  .createInterface(process.stdin)
  .on('line', async (line) => {
    if (line === 'leave') process.exit();
    const text = await page(client.register, client.Registry.PROMETHEUS_CONTENT_TYPE);
    const openMetrics = await page(client.register, client.Registry.OPENMETRICS_CONTENT_TYPE);
    const { values } = await counter.get().catch(() => ({ values: [] }));
    console.log(JSON.stringify({ text, openMetrics, values: values.length, warned, alone }));
  });
