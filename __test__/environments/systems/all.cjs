/** Uses the parts of the package that ask the system for something, in a thread, too, and prints the results. */
const { once } = require('node:events');
const { readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { join } = require('node:path');
const { isMainThread, parentPort, Worker } = require('node:worker_threads');

const client = require('mpmetrics');
const { httpMetrics } = require('mpmetrics/http');

const { AggregatorRegistry, Counter, Gauge, Registry, register } = client;
const counter = new Counter({ name: 'c_total', help: 'c' });

async function main() {
  counter.inc(2);
  let required;
  try {
    client.configure({ required: true });
  } catch (error) {
    required = error.code;
  }
  client.collectDefaultMetrics({ perProcess: true });
  client.collectLibraryMetrics();
  const shared = new Gauge({ name: 'g', help: 'g', aggregator: 'max', dead: 'keep' });
  shared.set(3);
  new Counter({ name: 'named_total', help: 'n', registers: [new Registry({ name: 'n' })] }).inc();
  const metrics = httpMetrics();
  const server = createServer((request, response) => {
    metrics(request, response, () => response.end('hello'));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text();
  server.close();
  const thread = new Worker(__filename);
  const [ofThread] = await once(thread, 'message');
  const path = join(process.cwd(), 'all.prom');
  const stop = client.textfile({ path, register: await plain() });
  await stop();
  const cluster = await new AggregatorRegistry().clusterMetrics();
  console.log(
    JSON.stringify({
      required,
      text: await register.metrics(),
      ofThread,
      file: readFileSync(path, 'utf8'),
      cluster: typeof cluster,
      dead: client.markProcessDead(1),
    }),
  );
}

/** A registry of one metric, whose text is the same each time. */
async function plain() {
  const registry = new Registry();
  new Counter({ name: 'filed_total', help: 'f', registers: [registry] }).inc(5);
  return registry;
}

if (isMainThread) {
  main().catch((error) => {
    console.error(error);
    process.exit(1);
  });
} else {
  counter.inc();
  client.collectDefaultMetrics();
  register.metrics().then((text) => parentPort.postMessage(text));
}
