/**
 * A worker of a host: counts, and tells each round that it has counted by a byte on descriptor 3. Serves the metrics of
 * all hosts at /metrics, and those of its own host at /local. Arguments: a JSON of its names and of redis()'s options.
 */
const options = JSON.parse(process.argv[2]);
const { clockMs, host, worker, values, counts, library, ...sharing } = options;
if (clockMs !== 0) {
  const { now } = Date;
  Date.now = () => now() + clockMs;
}
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { writeSync } = require('node:fs');
const { createServer } = require('node:http');
const { createInterface } = require('node:readline');
const { Counter, Gauge, Histogram, Summary, metricsHandler, register } = require('mpmetrics');
const { redis } = require('mpmetrics/redis');

const labelNames = ['worker', 'value'];
const counter = new Counter({ name: 'updates_total', help: 'h', labelNames });
const histogram = new Histogram({ name: 'work', help: 'h', labelNames, buckets: [1, 3] });
const summary = new Summary({ name: 'size', help: 'h', labelNames, percentiles: [0.5] });
const gauge = new Gauge({ name: 'alive', help: 'h', aggregator: 'all' });
gauge.set(1);
const { host: at, port } = new URL(sharing.url);
const clients = {
  redis: () => {
    const { createClient } = require('redis');
    const client = createClient({ url: sharing.url });
    client.on('error', () => undefined);
    client.connect();
    return client;
  },
  'cluster of redis': () => {
    const { createCluster } = require('redis');
    const client = createCluster({ rootNodes: [{ url: sharing.url }] });
    client.on('error', () => undefined);
    client.connect().catch(() => undefined);
    return client;
  },
  'cluster of ioredis': () =>
    new (require('ioredis').Cluster)([sharing.url]).on('error', () => undefined),
  ioredis: () => new (require('ioredis'))(sharing.url).on('error', () => undefined),
  iovalkey: () => new (require('iovalkey'))(sharing.url).on('error', () => undefined),
  '@valkey/valkey-glide': () => {
    const { GlideClient } = require('@valkey/valkey-glide');
    const connectionBackoff = { numberOfRetries: 1, factor: 20, exponentBase: 2 };
    const addresses = [{ host: at.replace(/:.*/, ''), port: Number(port) }];
    return GlideClient.createClient({ addresses, lazyConnect: true, connectionBackoff });
  },
};

(async () => {
  const place = library === undefined ? { url: sharing.url } : { client: await clients[library]() };
  const { url, ...others } = sharing;
  const share = redis({ ...others, ...place, instance: host });

  // `writeSync` is synchronous: a byte is in the pipe before the next round, and survives a kill.
  let round = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < 10; i++) {
      const value = values[round++ % values.length];
      const labels = { worker, value: String(value) };
      counter.inc(labels);
      histogram.observe(labels, value);
      summary.observe(labels, value);
      writeSync(3, String(value));
    }
  }, 10);
  if (!counts) clearInterval(timer);

  const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  createInterface(process.stdin).on('line', async (line) => {
    if (line === 'rest') clearInterval(timer);
    if (line === 'close') await share.close();
    if (line === 'remove')
      for (const metric of [counter, histogram, summary])
        metric.remove({ worker: 'shared', value: '1' });
    if (line === 'share')
      for (const metric of [counter, histogram, summary])
        (metric.observe ?? metric.inc).call(metric, { worker: 'shared', value: '1' }, 1);
    if (line === 'flush') {
      let reason = null;
      do
        reason = await share.flush().then(
          () => null,
          (error) => error.reason ?? error.message,
        );
      while (reason !== null);
    }
    say({ done: line });
  });

  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const all = metricsHandler(register, { scope: 'hosts' });
  const own = metricsHandler(register);
  const server = createServer((request, response) => {
    response.setHeader('gap-ms', String(Math.round(delay.max / 1e6)));
    delay.reset();
    if (request.url === '/local') return void own(request, response);
    response.setHeader('elected', String(share.elected));
    void all(request, response);
  });
  server.listen(0, '127.0.0.1', () => say({ port: server.address().port }));
})();
