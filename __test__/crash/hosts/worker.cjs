/**
 * A worker of a host: counts, and tells each round that it has counted by a byte on descriptor 3. Serves the metrics of
 * all hosts at /metrics, and those of its own host at /local. Its argument is a JSON of its names and of redis()'s
 * options.
 */
const { writeSync } = require('node:fs');
const { createServer } = require('node:http');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { createInterface } = require('node:readline');

const options = JSON.parse(process.argv[2]);
const { clockMs, host, worker, values, counts, library, url, ...sharing } = options;
if (clockMs !== 0) {
  const { now } = Date;
  Date.now = () => now() + clockMs;
}
const { Counter, Gauge, Histogram, Summary, metricsHandler, register } = require('mpmetrics');
const { redis } = require('mpmetrics/redis');

const labelNames = ['worker', 'value'];
const counter = new Counter({ name: 'updates_total', help: 'h', labelNames });
const histogram = new Histogram({ name: 'work', help: 'h', labelNames, buckets: [1, 3] });
const summary = new Summary({ name: 'size', help: 'h', labelNames, percentiles: [0.5] });
new Gauge({ name: 'alive', help: 'h', aggregator: 'all' }).set(1);

function count(labels, value) {
  counter.inc(labels);
  histogram.observe(labels, value);
  summary.observe(labels, value);
}

let round = 0;
function countSome() {
  for (let i = 0; i < 10; i++) {
    const value = values[round++ % values.length];
    count({ worker, value: String(value) }, value);
    // Synchronous: the byte is in the pipe before the next round, and survives a kill.
    writeSync(3, String(value));
  }
}

/** Labels of a series that both hosts have. */
const SHARED = { worker: 'shared', value: '1' };

async function main() {
  const place =
    library === undefined ? { url } : { client: await require('./clients.cjs')[library](url) };
  const share = redis({ ...sharing, ...place, instance: host });
  const timer = counts ? setInterval(countSome, 10) : undefined;

  const commands = {
    rest: () => clearInterval(timer),
    share: () => count(SHARED, 1),
    remove: () => {
      for (const metric of [counter, histogram, summary]) metric.remove(SHARED);
    },
    close: () => share.close(),
    flush: async () => {
      while (
        !(await share.flush().then(
          () => true,
          () => false,
        ))
      );
    },
  };
  const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
  createInterface(process.stdin).on('line', async (line) => {
    await commands[line]();
    say({ done: line });
  });

  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const all = metricsHandler(register, { scope: 'hosts' });
  const own = metricsHandler(register);
  const server = createServer((request, response) => {
    // The longest gap of the event loop since the last scrape.
    response.setHeader('gap-ms', String(Math.round(delay.max / 1e6)));
    delay.reset();
    void (request.url === '/local' ? own : all)(request, response);
  });
  server.listen(0, '127.0.0.1', () => {
    say({ port: /** @type {import('node:net').AddressInfo} */ (server.address()).port });
  });
}

void main();
