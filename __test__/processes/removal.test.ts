/** Series that several processes remove and make again: stale handles, reused places, and no growth of the heap. */
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { LIMIT } from '../support/patience.mjs';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

async function ask(program: Program, code: string, patience = 60_000): Promise<unknown> {
  program.tell(code);
  return JSON.parse(await program.line(patience));
}

async function shown(program: Program): Promise<Map<string, number>> {
  return samples((await ask(program, 'return mpmetrics.register.metrics()')) as string);
}

function two(): [Program, Program] {
  const app = new Application({ 'obey.js': source('processes/removal/obey.cjs') });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/removal.heap` };
  return [app.run('obey.js', { env }), app.run('obey.js', { env })];
}

test('a stale handle starts from zero, and never updates the series that reuses the place', async () => {
  const [one, other] = two();
  await ask(one, "kept.child = counter.labels('a'); kept.child.inc(5); counter.inc({ n: 'b' }, 1)");
  await ask(other, "counter.inc({ n: 'a' }, 7)");
  expect((await shown(other)).get('c{n="a"}')).toBe(12);
  await ask(other, "counter.remove('a')");
  expect((await shown(one)).has('c{n="a"}')).toBe(false);
  // Many other series take places, and one of them reuses that of the removed series.
  await ask(
    other,
    "for (let i = 0; i < 200; i++) { counter.inc({ n: 'x' + i }); counter.remove('x' + i); }",
  );
  await ask(other, "for (let i = 0; i < 300; i++) counter.inc({ n: 'y' + i }, 100)");
  await ask(one, "kept.child.inc(3); counter.inc({ n: 'a' }, 1)");
  const seen = await shown(other);
  expect(seen.get('c{n="a"}')).toBe(4);
  expect(seen.get('c{n="b"}')).toBe(1);
  for (let i = 0; i < 300; i++) expect(seen.get(`c{n="y${String(i)}"}`)).toBe(100);
  expect([...seen.keys()].filter((key) => key.startsWith('c{'))).toHaveLength(302);
});

test("remove() of a gauge removes the process's own part only", async () => {
  const [one, other] = two();
  await ask(one, "gauge.set({ n: 'a' }, 1)");
  await ask(other, "gauge.set({ n: 'a' }, 20)");
  expect((await shown(one)).get('g{n="a"}')).toBe(21);
  await ask(one, "gauge.remove('a')");
  expect((await shown(one)).get('g{n="a"}')).toBe(20);
  await ask(other, 'gauge.reset()');
  expect((await shown(one)).has('g{n="a"}')).toBe(false);
  await ask(one, "gauge.inc({ n: 'a' }, 4)");
  expect((await shown(other)).get('g{n="a"}')).toBe(4);
});

test('removeEverywhere and resetEverywhere act on all processes', async () => {
  const [one, other] = two();
  const more = `require(${JSON.stringify(join(__dirname, 'removal', 'more.cjs'))})({ mpmetrics, counter, gauge, kept });`;
  await ask(one, `${more} kept.update(1)`);
  await ask(other, `${more} kept.update(20)`);
  await ask(one, "gauge.removeEverywhere('a')");
  const removed = await shown(other);
  expect(removed.has('g{n="a"}')).toBe(false);
  expect(removed.get('g{n="b"}')).toBe(21);
  await ask(other, "gauge.inc({ n: 'a' }, 3)");
  expect((await shown(one)).get('g{n="a"}')).toBe(3);
  await ask(
    one,
    'for (const metric of [gauge, counter, ...Object.values(kept)]) metric.resetEverywhere?.()',
  );
  expect([...(await shown(other))]).toEqual([
    ['plain', 0],
    ['r', 0],
  ]);
  await ask(other, 'kept.update(5)');
  const again = await shown(one);
  expect(again.get('c{n="a"}')).toBe(5);
  expect(again.get('plain')).toBe(5);
  expect(again.get('g{n="b"}')).toBe(5);
  expect(again.get('h_sum{n="a"}')).toBe(5);
  expect(again.get('r')).toBe(5);
  expect(again.get('o{n="a"}')).toBe(5);
  expect([...again].filter(([name]) => name.startsWith('all{')).map(([, n]) => n)).toEqual([5]);
});

/** Rounds of each of two processes; `npm run torture` has a hundred times as many. */
const ROUNDS = Number(process.env['MPMETRICS_TEST_ROUNDS'] ?? 50_000);
const ROUNDS_PATIENCE = Math.max(60_000, ROUNDS);

test(
  `the heap does not grow in ${2 * ROUNDS} rounds of making and removing series in two processes`,
  { timeout: LIMIT + 2 * ROUNDS_PATIENCE },
  async () => {
    const [one, other] = two();
    const rounds = (from: number, count: number) =>
      `for (let i = ${String(from)}; i < ${String(from + count)}; i++) {
       if (heap.backlog.busy) await calm();
       const n = i % 977;
       counter.inc({ n }); gauge.set({ n }, i);
       if (i % 3) counter.remove(n);
       gauge.remove(n);
     }`.replaceAll('\n', ' ');
    await Promise.all([ask(one, rounds(0, 5_000)), ask(other, rounds(500, 5_000))]);
    const { usedBytes } = (await ask(one, 'return stats()')) as { usedBytes: number };
    await Promise.all([
      ask(one, rounds(5_000, ROUNDS), ROUNDS_PATIENCE),
      ask(other, rounds(5_500, ROUNDS), ROUNDS_PATIENCE),
    ]);
    const after = (await ask(other, 'return stats()')) as {
      usedBytes: number;
      removed: number;
      series: number;
    };
    // The heap may grow by two pages. A leak of one word in each round would fill about two hundred pages.
    expect(after.usedBytes).toBeLessThanOrEqual(usedBytes + 8192);
    expect(after.removed).toBeGreaterThan(Math.min(100_000, 2 * ROUNDS));
    expect(after.series).toBeLessThanOrEqual(977);
    await ask(one, 'for (let n = 0; n < 977; n++) counter.remove(n)');
    expect(await ask(other, 'return stats()')).toMatchObject({ series: 0 });
  },
);
