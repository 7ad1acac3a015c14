/** Label values from an attacker exhaust neither memory nor time, and dropped updates are counted exactly. */
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

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
  const app = new Application({ 'attack.js': source('crash/random-labels/attack.cjs') });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'attack.heap') };
  const program = app.run('attack.js', { env, args: ['a', '1000000', '{}'] });
  await program.line();
  program.tell('go');
  const { ms, filled, end, shown, rest } = JSON.parse(await program.line(120_000)) as Seen;
  process.stderr.write(`1e6 random label values: ${JSON.stringify({ ms, filled, end, shown })}\n`);
  // One of the shown series is `known`, whose label value is not random.
  expect(shown).toBe(250_000);
  expect(end.dropped).toEqual([0, 0, 750_001, 0, 0, 0, 0]);
  // 500,000 further values: neither the segment nor the program's memory grows.
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

test('four processes with lower limits, and one that starts when a limit is reached', async () => {
  const app = new Application({
    'attack.js': source('crash/random-labels/attack.cjs'),
    'late.js': source('crash/random-labels/late.cjs'),
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
  // A process whose series were pending, because others held the heap lock, counts dropped updates a moment later.
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
    // Up to 10,000 series are pending while others hold the heap lock.
    expect(end.heapUsed - filled.heapUsed).toBeLessThan(12 * MiB);
    expect(end.usedBytes).toBeLessThan(8 * MiB);
  }
  const late = app.run('late.js', { env });
  const told = JSON.parse(await late.line()) as { text: string; dropped: number[] };
  const values = samples(told.text);
  // The first update of `known` in `late.js` is dropped without asking the heap, because the heap has just refused
  // another series. The second update finds the series.
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
