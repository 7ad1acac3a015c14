/** A host that `hosts.mjs` measures. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { Counter, register } from 'mpmetrics';
import { redis } from 'mpmetrics/redis';

const { url, key, series, instance } = JSON.parse(process.argv[2]);
const FAMILIES = 10;
const SECONDS = 5;

const updates = [];
for (let family = 0; family < FAMILIES; family++) {
  const counter = new Counter({
    name: `requests_${family}_total`,
    help: 'requests by method, path and status',
    labelNames: ['method', 'path', 'status'],
  });
  for (let i = 0; i < series / FAMILIES; i++) {
    const child = counter.labels({ method: 'GET', path: `/items/${i}`, status: '200' });
    updates.push(() => child.inc());
  }
}
/** Waits until a scrape of all hosts succeeds, after the first two leases. */
async function wait() {
  const all = () => register.metrics({ scope: 'hosts' }).then(Boolean, () => false);
  while (!(await all())) await sleep(500);
  return {};
}

let rounds = 0;
function updateAll() {
  rounds++;
  for (const update of updates) update();
}
updateAll();

/** Milliseconds of CPU time in a second, while all series are updated once a second. */
async function cpu() {
  const begin = process.cpuUsage();
  const timer = setInterval(updateAll, 1_000);
  await sleep(SECONDS * 1_000);
  clearInterval(timer);
  const { user, system } = process.cpuUsage(begin);
  return { ms: (user + system) / 1_000 / SECONDS };
}

/** The median of the times of some calls, in milliseconds. */
async function timed(call, between = () => undefined) {
  const times = [];
  for (let run = 0; run < 5; run++) {
    await between();
    const begin = performance.now();
    await call();
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[2];
}

async function scrape() {
  const made = rounds;
  const all = () => register.metrics({ scope: 'hosts' });
  const begin = performance.now();
  const text = await all();
  const first = performance.now() - begin;
  const values = [...text.matchAll(/^requests_\d+_total\{.* (\d+)$/gm)];
  const total = values.reduce((sum, [, value]) => sum + Number(value), 0);
  const again = await timed(all);
  const update = await timed(updateAll);
  return { total, rounds: made, scrape: first, again, update };
}

const answers = {
  cpu,
  wait,
  scrape,
  share: () => {
    redis({ url, key, instance, flushMs: 1_000, leaseMs: 3_000 });
    return {};
  },
};
process.on('message', async (question) => {
  process.send({ to: question, ...(await answers[question]()) });
});
process.send('ready');
// Keeps the process alive.
setInterval(() => undefined, 60_000);
