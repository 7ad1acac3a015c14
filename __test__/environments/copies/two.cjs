/** Declares metrics in both installs, and prints the default registry of each. */
/** @type {any[]} */
const clients = [require('mpmetrics'), require('prom-client')];
const assert = require('node:assert');
assert.notStrictEqual(clients[0].Counter, clients[1].Counter);
for (const [i, client] of clients.entries()) {
  // On a busy machine a thread may answer late. A long timeout keeps a scrape from giving up.
  client.configure({ collectTimeout: 20_000 });
  const counter = new client.Counter({ name: 'same_total', help: 's', labelNames: ['a'] });
  counter.inc({ a: 'x' }, i + 1);
  counter.labels('x').inc(10);
  new client.Histogram({ name: 'same_seconds', help: 's', buckets: [1] }).observe(i + 0.5);
  new client.Gauge({ name: 'own_' + i, help: 'o' }).set(i + 3);
  new client.Gauge({
    name: 'collected_' + i,
    help: 'c',
    collect() {
      this.set(Date.now());
    },
  });
  client.collectDefaultMetrics();
}
(async () => {
  const texts = [];
  for (const client of clients) {
    const before = Date.now();
    const text = await client.register.metrics();
    texts.push({ text, before });
  }
  const own = [];
  for (const { register } of clients) {
    const json = await register.getMetricsAsJSON();
    own.push(json.find(({ name }) => name === 'same_total').values[0].value);
  }
  console.log(JSON.stringify({ texts, own, rss: process.memoryUsage().rss }));
})();
