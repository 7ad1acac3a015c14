/** P16: label values from an attacker exhaust neither memory nor time, and what is dropped is counted exactly. */
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { until } from '../support/patience.mjs';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Old series, then random label values, then what can be seen of both. */
const ATTACK = `
const { randomBytes } = require('node:crypto');
const { Counter, Histogram, configure, register } = require('mpmetrics');
const { openSegment } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'));
require('node:v8').setFlagsFromString('--expose-gc');
const gc = require('node:vm').runInNewContext('gc');
const [who, values, settings] = process.argv.slice(2);
configure(JSON.parse(settings));
const random = new Counter({ name: 'random_total', help: 'r', labelNames: ['id'] });
const old = new Counter({ name: 'old_total', help: 'o', labelNames: ['path'] });
const work = new Histogram({ name: 'work', help: 'w', labelNames: ['path'], buckets: [1, 2] });
const child = old.labels('/child');
for (const path of ['/', '/user']) { old.inc({ path }, 0); work.observe({ path }, 1); }
child.inc(0);
random.inc({ id: 'known' });
const look = () => {
  gc();
  const { usedBytes, dropped } = openSegment({ create: false }).stats();
  return { usedBytes, dropped, heapUsed: process.memoryUsage().heapUsed, rss: process.memoryUsage().rss };
};
const count = (text) => text.match(/^random_total\\{/gm).length;
const noise = randomBytes(8).toString('hex');
process.stdin.once('data', async () => {
  const begun = performance.now();
  let filled;
  for (let i = 0; i < Number(values); i++) {
    random.inc({ id: who + noise + Math.random().toString(36) + i });
    if (i % 10 === 0) { old.inc({ path: '/' }); child.inc(); work.observe({ path: '/user' }, 1.5); }
    if (i === Number(values) / 2) filled = look();
  }
  const ms = performance.now() - begun;
  const { heapUsed } = look();
  const text = await register.metrics();
  const end = { ...look(), heapUsed };
  const rest = text.split('\\n').filter((line) => !line.startsWith('random_total{')).join('\\n');
  console.log(JSON.stringify({ ms, filled, end, shown: count(text), rest }));
  process.stdin.on('data', (line) => {
    if (!String(line).startsWith('look')) process.exit();
    console.log(JSON.stringify(look().dropped));
  });
});
console.log('"ready"');
`;

interface Look {
  usedBytes: number;
  dropped: number[];
  heapUsed: number;
  rss: number;
}

interface Seen {
  ms: number;
  filled: Look;
  end: Look;
  shown: number;
  rest: string;
}

const MiB = 1 << 20;

test('1e6 random label values with the default limits: one process', async () => {
  const app = new Application({ 'attack.js': ATTACK });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'attack.heap') };
  const program = app.run('attack.js', { env, args: ['a', '1000000', '{}'] });
  await program.line();
  program.tell('go');
  const { ms, filled, end, shown, rest } = JSON.parse(await program.line(120_000)) as Seen;
  process.stderr.write(`1e6 random label values: ${JSON.stringify({ ms, filled, end, shown })}\n`);
  // One of them is no random one.
  expect(shown).toBe(250_000);
  expect(end.dropped).toEqual([0, 0, 750_001, 0, 0, 0, 0]);
  // 500,000 further values: neither the segment nor this process's memory grows.
  expect(end.usedBytes).toBe(filled.usedBytes);
  expect(end.heapUsed - filled.heapUsed).toBeLessThan(4 * MiB);
  const values = samples(rest);
  expect(values.get('old_total{path="/"}')).toBe(100_000);
  expect(values.get('old_total{path="/child"}')).toBe(100_000);
  expect(values.get('work_count{path="/user"}')).toBe(100_001);
  expect(values.get('work_sum{path="/user"}')).toBe(150_001);
  program.tell('leave');
  expect(await program.ended).toBe(0);
  expect(program.errors.match(/MPMETRICS/g)).toHaveLength(1);
  expect(program.errors).toContain('maxSeriesPerMetric');
});

test('four processes with limits of their own, and one that comes when all is full', async () => {
  const app = new Application({
    'attack.js': ATTACK,
    'late.js': `
      const { Counter, register } = require('mpmetrics');
      const { openSegment } = require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting'));
      const old = new Counter({ name: 'old_total', help: 'o', labelNames: ['path'] });
      const random = new Counter({ name: 'random_total', help: 'r', labelNames: ['id'] });
      // What is known to the others is there, though this process does not know; the rest is refused.
      for (let i = 0; i < 5_000; i++) {
        random.inc({ id: 'late' + i });
        random.inc({ id: 'known' });
        old.inc({ path: '/' });
      }
      register.metrics().then((text) => {
        const { dropped } = openSegment({ create: false }).stats();
        console.log(JSON.stringify({ text, dropped }));
      });
    `,
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'attack.heap') };
  const limits = JSON.stringify({ maxSeries: 20_000, maxSeriesPerMetric: 19_000 });
  const each = 250_000;
  const programs = ['a', 'b', 'c', 'd'].map((who) =>
    app.run('attack.js', { env, args: [who, String(each), limits] }),
  );
  await Promise.all(programs.map((program) => program.line()));
  for (const program of programs) program.tell('go');
  const seen: Seen[] = [];
  for (const program of programs) seen.push(JSON.parse(await program.line(120_000)) as Seen);
  expect(seen.map(({ shown }) => shown)).toEqual([19_000, 19_000, 19_000, 19_000]);
  // Whose series waited while others had the heap's lock tells of them a moment later.
  let reasons: number[] = [];
  const dropped = async (): Promise<number> => {
    programs[0]!.tell('look');
    const counts = JSON.parse(await programs[0]!.line()) as number[];
    reasons = [counts[2]!, counts[6]!];
    return reasons[0]! + reasons[1]!;
  };
  const refused = 4 * each - 18_999;
  await until(
    async () => (await dropped()) === refused,
    () => `${String(reasons)} are not ${refused}`,
  );
  for (const { end, filled } of seen) {
    // Up to 10,000 series wait while others have the heap's lock.
    expect(end.heapUsed - filled.heapUsed).toBeLessThan(12 * MiB);
    expect(end.usedBytes).toBeLessThan(8 * MiB);
  }
  const late = app.run('late.js', { env });
  const told = JSON.parse(await late.line()) as { text: string; dropped: number[] };
  const values = samples(told.text);
  // Its first update is refused unasked, the second is not.
  expect(values.get('random_total{id="known"}')).toBe(4 + 5_000 - 1);
  expect(told.dropped).toEqual([0, 0, reasons[0]! + 5_000 + 1, 0, 0, 0, reasons[1]]);
  expect(values.get('old_total{path="/"}')).toBe((4 * each) / 10 + 5_000);
  expect(values.get('old_total{path="/child"}')).toBe((4 * each) / 10);
  for (const program of programs) {
    program.tell('leave');
    expect(await program.ended).toBe(0);
    expect(program.errors.match(/maxSeriesPerMetric/g)).toHaveLength(1);
  }
});
