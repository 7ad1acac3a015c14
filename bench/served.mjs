/**
 * The cluster that `server.mjs` loads: two workers serve an application at one port, and the primary serves the metrics
 * of all at another. Tells its parent the ports; then, for each message `usage`, the processor time of its processes.
 */
import cluster from 'node:cluster';
import { createServer } from 'node:http';

import { application } from './applications.mjs';
import { hear } from './heap.mjs';

const { framework, client, labelSets } = JSON.parse(process.argv[2]);
const WORKERS = 2;

// Otherwise Express prints and formats errors for developers.
process.env.NODE_ENV = 'production';

/** Processor time of this process in microseconds. */
function used() {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Makes a histogram with `labelSets` label sets, which every scrape prints. */
function makeLabelSets({ Histogram }) {
  const labelNames = ['queue', 'result'];
  const jobs = new Histogram({ name: 'job_seconds', help: 'durations of jobs', labelNames });
  for (let i = 0; i < labelSets; i++) {
    jobs.observe({ queue: `queue${i >> 1}`, result: i % 2 === 0 ? 'done' : 'failed' }, i / 1000);
  }
}

async function runWorker() {
  if (client !== undefined) {
    const { default: metrics } = await import(client);
    // The constructor of this registry makes a worker answer the primary.
    if (client === 'prom-client') new metrics.AggregatorRegistry();
    makeLabelSets(metrics);
  }
  const server = await application(framework, client);
  process.on('message', (message) => {
    if (message === 'usage') process.send({ used: used() });
  });
  server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
}

async function scraper() {
  if (client === undefined) return undefined;
  const { default: metrics } = await import(client);
  if (client === 'mpmetrics') return () => metrics.register.metrics();
  const registry = new metrics.AggregatorRegistry();
  return () => registry.clusterMetrics();
}

async function runPrimary() {
  const scrape = await scraper();
  const workers = Array.from({ length: WORKERS }, () => cluster.fork());
  const ports = await Promise.all(
    workers.map((worker) => hear(worker, ({ port }) => port !== undefined)),
  );
  const server = createServer(async (_request, response) => response.end(await scrape()));
  process.on('message', async (message) => {
    if (message !== 'usage') return;
    const primary = used();
    const each = workers.map(async (worker) => {
      worker.send('usage');
      return (await hear(worker, (heard) => heard.used !== undefined)).used;
    });
    const all = await Promise.all(each);
    process.send({ primary, workers: all.reduce((sum, one) => sum + one, 0) });
  });
  process.on('disconnect', () => {
    for (const worker of workers) worker.process.kill('SIGKILL');
    process.exit();
  });
  server.listen(0, '127.0.0.1', () => {
    process.send({ port: ports[0].port, metricsPort: server.address().port });
  });
}

await (cluster.isPrimary ? runPrimary() : runWorker());
