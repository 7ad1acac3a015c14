/** The segment's file, or its whole directory, is removed again and again while processes and threads count, and die. */
import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { samples } from '../support/samples';

/** How often; `npm run torture` has a figure of its own. */
const REMOVALS = Number(process.env['MPMETRICS_TEST_REMOVED'] ?? 12);

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Counts, and tells of each round before the next, over a pipe that survives a kill; ends when it is told to. */
const WRITER = `
const { writeSync } = require('node:fs');
const { isMainThread, Worker, parentPort, workerData } = require('node:worker_threads');
const { Counter, Gauge, Histogram, Summary } = require('mpmetrics');
const n = isMainThread ? process.argv[2] : workerData;
const of = (name) => ({ name, help: 'h', labelNames: ['n'] });
const counter = new Counter(of('c'));
const histogram = new Histogram({ ...of('h'), buckets: [1, 2] });
const summary = new Summary({ ...of('s'), percentiles: [0.5] });
const shared = new Gauge({ ...of('shared'), aggregator: 'shared' });
const gauge = new Gauge(of('g'));
let rounds = 0;
let ending = false;
const round = () => {
  // New series, too: these need the heap's lock.
  if (rounds % 50 === 0) counter.inc({ n: 'new' + rounds + n }, 1);
  counter.inc({ n }, 1);
  histogram.observe({ n }, 1);
  summary.observe({ n }, 2 ** (rounds % 20));
  shared.inc({ n }, 1);
  gauge.set({ n }, ++rounds);
};
const turn = () => {
  for (let i = 0; i < 20; i++) {
    round();
    if (isMainThread) writeSync(3, 'x');
  }
  if (ending) end();
  else setTimeout(turn, 1);
};
let end = () => parentPort.postMessage(rounds);
if (isMainThread) {
  const thread = new Worker(__filename, { workerData: n + 'thread' });
  const threads = new Promise((resolve) => thread.on('message', resolve));
  end = async () => process.send({ [n]: rounds, [n + 'thread']: await threads });
  process.on('message', () => { thread.postMessage('end'); ending = true; });
} else {
  parentPort.on('message', () => { ending = true; });
}
turn();
`;

const ROOT = `
const { spawn } = require('node:child_process');
const { rmSync } = require('node:fs');
const { dirname } = require('node:path');
const { register, Counter } = require('mpmetrics');
const { openSegment } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'));
const [removals, how] = process.argv.slice(2);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
new Counter({ name: 'root_total', help: 'h' }).inc(1);
const path = openSegment({ create: false }).path;
const told = {};
const killed = {};
const running = new Map();
let names = 0;
const start = () => {
  const n = 'w' + names++;
  const child = spawn(process.execPath, ['writer.js', n], { stdio: ['ignore', 'inherit', 'inherit', 'pipe', 'ipc'] });
  child.told = 0;
  child.stdio[3].on('data', (chunk) => (child.told += chunk.length));
  child.closed = new Promise((resolve) => child.on('close', resolve));
  running.set(n, child);
  return n;
};
const kill = async (n) => {
  const child = running.get(n);
  running.delete(n);
  child.kill('SIGKILL');
  await child.closed;
  killed[n] = child.told;
};
// Until a series has found its place in the heap, a killed process takes its counts along.
const counted = async (n) => {
  for (;;) {
    const text = await register.metrics();
    if (['c', 'h_count', 's_count', 'shared'].every((name) => text.includes(name + '{n="' + n + '"}'))) break;
    await sleep(20);
  }
  running.get(n).known = true;
};
(async () => {
  for (let i = 0; i < 3; i++) start();
  for (const n of running.keys()) await counted(n);
  for (let i = 0; i < Number(removals); i++) {
    // Others may make files meanwhile.
    rmSync(how === 'directory' ? dirname(path) : path, { recursive: true, force: true, maxRetries: 50 });
    // Sometimes before anybody has found that out, sometimes while all go over, sometimes afterwards.
    await sleep(Math.random() * 1_500);
    if (i % 3 === 0) {
      const known = [...running.keys()].find((n) => running.get(n).known);
      const victim = known ?? running.keys().next().value;
      if (known === undefined) await counted(victim);
      await kill(victim);
    }
    if (i % 3 === 0) {
      // Who starts before anybody has found out that the file is gone makes a new one, and adds what it counted there to
      // the copy; killed before that, it takes it along.
      const known = i % 2 === 0;
      if (known) await register.metrics();
      const n = start();
      if (known) await counted(n);
    }
    if (i % 4 === 0) await register.metrics();
  }
  for (const child of running.values()) {
    const totals = new Promise((resolve) => child.once('message', resolve));
    child.send('end');
    Object.assign(told, await totals);
  }
  const shows = async () => {
    const text = await register.metrics();
    return Object.entries(told).every(([n, rounds]) => text.includes('c{n="' + n + '"} ' + rounds + '\\n')) ? text : null;
  };
  let text = null;
  for (let i = 0; i < 600 && text === null; i++) {
    await sleep(50);
    text = await shows();
  }
  text ??= await register.metrics();
  await new Promise((resolve) => process.stdout.write(JSON.stringify({ told, killed, text }) + '\\n', resolve));
  for (const child of running.values()) child.kill('SIGKILL');
  process.exit();
})();
`;

test.each(['file', 'directory'])(
  'no count is lost or made twice: %s',
  async (how) => {
    const app = new Application({ 'root.js': ROOT, 'writer.js': WRITER });
    made.push(app);
    const root = app.run('root.js', { args: [String(REMOVALS), how] });
    const { told, killed, text } = JSON.parse(await root.line(120_000 + REMOVALS * 3_000)) as {
      told: Record<string, number>;
      killed: Record<string, number>;
      text: string;
    };
    const seen = samples(text);
    const of = (name: string, n: string) => seen.get(`${name}{n="${n}"}`) ?? 0;
    expect(seen.get('root_total')).toBe(1);
    const names = ['c', 'h_count', 'h_sum', 's_count', 'shared', 'g'];
    for (const [n, rounds] of Object.entries(told)) {
      const shown = names.map((name) => [n, name, of(name, n)]);
      expect(shown).toEqual(names.map((name) => [n, name, rounds]));
      for (let i = 0; i < rounds; i += 50) expect(of('c', `new${String(i)}${n}`)).toBe(1);
    }
    // Of the killed a round may have been under way.
    for (const [n, rounds] of Object.entries(killed)) {
      for (const name of ['c', 'h_count', 's_count', 'shared']) {
        const shown = of(name, n);
        const whole = shown >= rounds && shown <= rounds + 1;
        const all = names.map((name) => `${name} ${String(of(name, n))}`).join(', ');
        expect([name, whole, `${n} told of ${String(rounds)}: ${all}`]).toEqual([
          name,
          true,
          expect.any(String),
        ]);
      }
    }
  },
  240_000 + REMOVALS * 6_000,
);
