/**
 * The processes that `scrape.mjs` measures: `node scraped.mjs <scenario as JSON>`. This is one process, or a
 * cluster whose workers all make the same series. The process or the primary scrapes, and sends its
 * measurements to its parent.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { control, largestGap, Spinner } from './spinner.mjs';

const scenario = JSON.parse(process.argv[2]);
const { default: client } = await import(scenario.client);

/** Number of updates of each series in each process. */
const UPDATES = 3;

/** Milliseconds after which a scrape must show all updates of all processes. */
const SETTLE_MS = 10_000;

function makeSeries() {
  const labelNames = ['method', 'route'];
  const config = { name: 'requests', help: 'what the benchmark scrapes', labelNames };
  const metric = new client[scenario.type](config);
  const update = scenario.type === 'Counter' ? 'inc' : 'observe';
  for (let i = 0; i < scenario.series * UPDATES; i++) {
    const route = `/route/${Math.floor((i % scenario.series) / 2)}`;
    metric[update]({ method: i % 2 === 0 ? 'GET' : 'POST', route }, 1);
  }
}

/**
 * Returns what is wrong with a scrape's text, or null: the time of a scrape without all series of all processes
 * would mean nothing.
 */
function lack(text) {
  const pattern =
    scenario.type === 'Counter' ? /^requests\{.* (\d+)$/gm : /^requests_count\{.* (\d+)$/gm;
  const counts = [...text.matchAll(pattern)].map(([, count]) => Number(count));
  const each = UPDATES * Math.max(1, scenario.workers);
  const series = new Map();
  for (const count of counts) series.set(count, (series.get(count) ?? 0) + 1);
  if (series.get(each) === scenario.series && series.size === 1) return null;
  const seen = [...series].map(([count, number]) => `${number} series have ${count}`).join(', ');
  return `${scenario.series} series must have the count ${each}, but ${seen || 'there is none'}`;
}

/**
 * Waits until a scrape is complete: a worker that did not get the heap lock in time counts a new series
 * in its own memory at first, and moves the series into the heap later.
 */
async function drain(scrape) {
  const end = Date.now() + SETTLE_MS;
  let lacking = lack(await scrape());
  while (lacking !== null && Date.now() < end) {
    await sleep(100);
    lacking = lack(await scrape());
  }
  if (lacking !== null) throw new Error(lacking);
}

async function measure(scrape, spinInWorker) {
  const milliseconds = [];
  const gaps = [];
  const workerGaps = [];
  await drain(scrape);
  for (let run = 0; run < scenario.runs; run++) {
    const start = performance.now();
    await scrape();
    milliseconds.push(performance.now() - start);
  }
  // A spinner occupies a processor, so times and gaps are measured in separate scrapes, and so are the
  // gaps of the scraping process and of a worker.
  for (let run = 0; run < scenario.runs; run++) {
    gaps.push(await largestGap(scrape));
    if (spinInWorker !== undefined) workerGaps.push(await spinInWorker(scrape));
  }
  return { milliseconds, gaps, workerGaps, control: await control() };
}

async function runWorker() {
  // The constructor of this registry makes a worker answer the primary.
  if (scenario.client === 'prom-client') new client.AggregatorRegistry();
  makeSeries();
  const spinner = new Spinner();
  process.on('message', (message) => {
    if (message === 'spin') {
      spinner.start();
      process.send('spinning');
    }
    if (message === 'stop') process.send({ gap: spinner.stop() });
  });
  process.send('ready');
}

/** Waits for the next message that `wanted` accepts; prom-client's own messages arrive on the same channel. */
async function hear(worker, wanted) {
  for (;;) {
    const [message] = await once(worker, 'message');
    if (wanted(message)) return message;
  }
}

async function runPrimary() {
  const workers = Array.from({ length: scenario.workers }, () => cluster.fork());
  await Promise.all(workers.map((worker) => hear(worker, (message) => message === 'ready')));
  const spinInWorker = async (action) => {
    workers[0].send('spin');
    await hear(workers[0], (message) => message === 'spinning');
    await action();
    workers[0].send('stop');
    return (await hear(workers[0], (message) => message.gap !== undefined)).gap;
  };
  const scrape =
    scenario.client === 'prom-client'
      ? (
          (registry) => () =>
            registry.clusterMetrics()
        )(new client.AggregatorRegistry())
      : () => client.register.metrics();
  return measure(scrape, spinInWorker);
}

/** Rejects if a worker ends: workers run until this process ends. */
function loss() {
  return new Promise((_, reject) => {
    cluster.on('exit', (_worker, code, signal) => {
      reject(new Error(`a worker ended with ${signal ?? code}`));
    });
  });
}

async function runAlone() {
  makeSeries();
  return measure(() => client.register.metrics());
}

if (cluster.isWorker) {
  await runWorker();
} else {
  const measured = scenario.workers > 0 ? Promise.race([runPrimary(), loss()]) : runAlone();
  const result = await measured.catch((error) => ({ failure: error.message }));
  process.send(result, () => process.exit());
}
