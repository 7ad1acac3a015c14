/** Uses prom-client's four types of metrics and many methods of the client that argv names, and prints the results. */
const http = require('node:http');
const { once } = require('node:events');
const client = require(process.argv[2]);
const { Counter, Gauge, Histogram, Summary, Registry, register } = client;
(async () => {
  register.setDefaultLabels({ app: 'a' });
  const counter = new Counter({ name: 'c_total', help: 'c', labelNames: ['a'] });
  counter.inc({ a: 'x' }, 2);
  counter.labels('y').inc();
  counter.inc({ a: 'gone' });
  counter.remove('gone');
  new Gauge({
    name: 'g',
    help: 'g',
    async collect() {
      this.set(7);
    },
  });
  const histogram = new Histogram({ name: 'h', help: 'h', buckets: [1, 2], labelNames: ['a'] });
  histogram.observe({ a: 'x' }, 1.5);
  histogram.startTimer({ a: 'y' })();
  histogram.remove('y');
  const summary = new Summary({ name: 's', help: 's' });
  summary.observe(3);
  const other = new Registry();
  new Counter({ name: 'other_total', help: 'o', registers: [other] }).inc(4);
  const merged = Registry.merge([register, other]);
  const server = http.createServer(async (_, response) => response.end(await merged.metrics()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const headers = { connection: 'close' };
  const answer = await fetch('http://127.0.0.1:' + port, { headers });
  const texts = [await answer.text(), await register.metrics(), await other.metrics()];
  server.close();
  const json = await register.getMetricsAsJSON();
  const plain = (text) => text.split('\n').filter((line) => !line.includes('quantile='));
  register.resetMetrics();
  const after = plain(await register.getSingleMetricAsString('c_total'));
  register.clear();
  client.collectDefaultMetrics();
  const defaults = [...(await register.metrics()).matchAll(/^# TYPE (.*)$/gm)].map(
    ([, one]) => one,
  );
  console.log(
    JSON.stringify({
      texts: texts.map(plain),
      names: json.map(({ name, type }) => [name, type]),
      after,
      defaults,
    }),
  );
})();
