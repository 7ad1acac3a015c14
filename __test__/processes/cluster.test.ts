/** AggregatorRegistry, ClusterRegistry and WorkerRegistry: right and in time, without a message. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** What prom-client waits for a worker that does not answer. */
const PROM_CLIENT_TIMEOUT = 5_000;

/**
 * A primary with three workers that each count 1000 and have a gauge that is set when it is collected. Then,
 * by what the environment says, one worker does something, and the primary tells what it sees.
 */
const MAIN = `
const cluster = require('node:cluster');
const client = require(process.env.CLIENT ?? 'mpmetrics');
const registries = [client.register];
if (process.env.CUSTOM) {
  registries[0] = new client.Registry();
  client.AggregatorRegistry.setRegistries(registries);
}
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const main = async () => {
  // Before any worker exists, as prom-client demands it.
  const aggregator = new client.AggregatorRegistry();
  const ready = [1, 2, 3].map(() => new Promise((resolve) => cluster.fork().once('message', resolve)));
  await Promise.all(ready);
  const [one, two] = Object.values(cluster.workers);
  if (process.env.BLOCK) {
    one.send('block');
    await sleep(100);
  }
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const begun = performance.now();
  const scrape = aggregator.clusterMetrics();
  if (process.env.KILL) setTimeout(() => two.process.kill('SIGKILL'), 20);
  const text = await scrape.catch((error) => 'rejected: ' + error.message);
  const ms = performance.now() - begun;
  clearInterval(timer);
  if (process.env.KILL) while (!two.isDead()) await sleep(5);
  const later = process.env.KILL ? await aggregator.clusterMetrics().catch(String) : '';
  const listeners = { cluster: cluster.listenerCount('message'), process: process.listenerCount('message') };
  process.stdout.write(JSON.stringify({ text, later, ms, turns, listeners }) + '\\n', () => process.exit());
  for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGKILL');
};
const work = () => {
  if (!process.env.NONE || cluster.worker.id !== 3) new client.AggregatorRegistry();
  const before = process.listenerCount('message');
  const counter = new client.Counter({ name: 'c_total', help: 'h', registers: registries });
  for (let i = 0; i < 1000; i++) counter.inc();
  new client.Gauge({
    name: 'worker', help: 'h', labelNames: ['id'], registers: registries,
    async collect() {
      await sleep(process.env.KILL && cluster.worker.id === 2 ? 200 : 1);
      this.set({ id: cluster.worker.id }, process.uptime());
    },
  });
  process.on('message', (message) => { while (message === 'block'); });
  setInterval(() => {}, 1000);
  process.send({ listeners: before });
};
if (cluster.isPrimary) {
  if (process.env.PRIMARY) new client.Counter({ name: 'c_total', help: 'h', registers: registries }).inc(5);
  main();
} else work();
`;

interface Outcome {
  text: string;
  later: string;
  ms: number;
  turns: number;
  listeners: { cluster: number; process: number };
}

async function run(env: Record<string, string>): Promise<Outcome> {
  const app = new Application({ 'main.js': MAIN });
  made.push(app);
  const promClient = join(__dirname, '..', '..', 'node_modules', 'prom-client');
  symlinkSync(promClient, join(app.folder, 'node_modules', 'prom-client'));
  for (const name of ['tdigest', 'bintrees', '@opentelemetry']) {
    symlinkSync(join(promClient, '..', name), join(app.folder, 'node_modules', name));
  }
  return JSON.parse(await app.run('main.js', { env }).line()) as Outcome;
}

test('clusterMetrics() is the sum of all workers and the primary, with nothing listening', async () => {
  const { text, ms, listeners } = await run({ PRIMARY: '1' });
  const seen = samples(text);
  expect(seen.get('c_total')).toBe(3005);
  for (const id of [1, 2, 3]) expect(seen.get(`worker{id="${id}"}`)).toBeGreaterThan(0);
  expect(text.match(/^# TYPE /gm)).toHaveLength(2);
  expect(ms).toBeLessThan(PROM_CLIENT_TIMEOUT);
  expect(listeners).toEqual({ cluster: 0, process: 0 });
});

test('prom-client sums its workers likewise, and forgets the primary: the program is a fair one', async () => {
  const { text } = await run({ PRIMARY: '1', CLIENT: 'prom-client' });
  expect(samples(text).get('c_total')).toBe(3000);
});

test('a worker in an endless loop delays clusterMetrics() by collectTimeout, and its counts are in', async () => {
  const { text, ms, turns } = await run({ BLOCK: '1' });
  const seen = samples(text);
  expect(seen.get('c_total')).toBe(3000);
  expect(seen.get('worker{id="2"}')).toBeGreaterThan(0);
  expect(ms).toBeLessThan(2_500);
  expect(turns).toBeGreaterThan(10);
});

test('a worker killed during clusterMetrics() fails nothing, and its counts stay', async () => {
  const { text, later, ms } = await run({ KILL: '1' });
  expect(samples(text).get('c_total')).toBe(3000);
  expect(samples(later).get('c_total')).toBe(3000);
  expect(samples(later).has('worker{id="2"}')).toBe(false);
  expect(samples(later).get('worker{id="3"}')).toBeGreaterThan(0);
  expect(ms).toBeLessThan(2_500);
});

test('a worker that never made a registry is in', async () => {
  const { text, ms } = await run({ NONE: '1' });
  expect(samples(text).get('c_total')).toBe(3000);
  expect(ms).toBeLessThan(2_500);
});

test('prom-client fails in all three cases: the tests above can fail', async () => {
  const cases = ['BLOCK', 'KILL', 'NONE'].map((what) =>
    run({ [what]: '1', CLIENT: 'prom-client' }),
  );
  for (const { text, ms } of await Promise.all(cases)) {
    expect(text).toBe('rejected: Operation timed out.');
    expect(ms).toBeGreaterThan(PROM_CLIENT_TIMEOUT - 50);
  }
});

test('setRegistries in workers: their registry is in the clusterMetrics() of all', async () => {
  const { text } = await run({ CUSTOM: '1' });
  const seen = samples(text);
  expect(seen.get('c_total')).toBe(3000);
  for (const id of [1, 2, 3]) expect(seen.get(`worker{id="${id}"}`)).toBeGreaterThan(0);
});

/** Worker threads that count, in two processes. */
const THREADS = `
const { Worker, isMainThread, parentPort, threadId } = require('node:worker_threads');
const client = require('mpmetrics');
const counter = new client.Counter({ name: 'c_total', help: 'h' });
const gauge = new client.Gauge({
  name: 'collected', help: 'h', labelNames: ['thread'],
  collect() { this.set({ thread: isMainThread ? 'main' : 'other' }, 1); },
});
const tell = (what) => new Promise((resolve) => process.stdout.write(JSON.stringify(what) + '\\n', resolve));
if (isMainThread) {
  (async () => {
    counter.inc(1);
    const threads = [10, 100].map((n) => new Worker(__filename, { argv: [n] }));
    await Promise.all(threads.map((one) => new Promise((resolve) => one.once('message', resolve))));
    const registry = new client.WorkerRegistry();
    const counted = client.WorkerRegistry.workerCount();
    const text = await registry.workerMetrics();
    const parts = await Promise.all(threads.map((one) => {
      one.postMessage('json');
      return new Promise((resolve) => one.once('message', resolve));
    }));
    parts.push(await client.register.getMetricsAsJSON());
    const summed = await client.AggregatorRegistry.aggregate(parts).metrics();
    const inProcess = await client.register.getMetricsAsJSON({ scope: 'process' });
    threads[0].terminate();
    while (client.WorkerRegistry.workerCount() !== 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const after = await registry.workerMetrics();
    const shutdown = [];
    const running = registry.workerMetrics().then(() => shutdown.push('scraped'));
    await registry.shutdown();
    shutdown.push('shut down');
    await running;
    await tell({ counted, text, summed, inProcess, after, shutdown, primary: registry.primary });
    process.stdin.once('data', () => process.exit());
  })();
} else {
  counter.inc(Number(process.argv[2]));
  parentPort.postMessage('ready');
  parentPort.on('message', async () => parentPort.postMessage(await client.register.getMetricsAsJSON()));
}
`;

interface Told {
  counted: number;
  primary: boolean;
  text: string;
  summed: string;
  inProcess: { name: string; values: { value: number }[] }[];
  after: string;
  shutdown: string[];
}

test('WorkerRegistry shows the threads of its process, and JSON of each thread adds up to them', async () => {
  const other = `
    const client = require('mpmetrics');
    new client.Counter({ name: 'c_total', help: 'h' }).inc(5000);
    console.log('ready');
    process.stdin.once('data', () => process.exit());`;
  const app = new Application({ 'main.js': THREADS, 'other.js': other });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'test.heap') };
  const beside = app.run('other.js', { env });
  expect(await beside.line()).toBe('ready');
  const program = app.run('main.js', { env });
  const told = JSON.parse(await program.line()) as Told;
  expect(told.counted).toBe(2);
  expect(told.primary).toBe(true);
  expect(samples(told.text).get('c_total')).toBe(111);
  expect(samples(told.text).get('collected{thread="other"}')).toBe(2);
  expect(samples(told.text).get('collected{thread="main"}')).toBe(1);
  expect(samples(told.summed).get('c_total')).toBe(111);
  const counter = told.inProcess.find(({ name }) => name === 'c_total');
  expect(counter!.values[0]!.value).toBe(111);
  // The count of a thread that ended stays; its gauges do not.
  expect(samples(told.after).get('c_total')).toBe(111);
  expect(samples(told.after).get('collected{thread="other"}')).toBe(1);
  expect(told.shutdown).toEqual(['scraped', 'shut down']);
  for (const one of [program, beside]) one.tell('leave');
});
