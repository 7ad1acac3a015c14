/** `ttlSeconds` over several processes. */
import { afterEach, expect, test } from 'vitest';

import type { Application, Program } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';

const made: Application[] = [];

afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const MAKE = `
  const common = { help: 'h', labelNames: ['a'], ttlSeconds: 3 };
  kept.c = new mpmetrics.Counter({ name: 'c', ...common });
  kept.g = new mpmetrics.Gauge({ name: 'g', ...common });
  kept.h = new mpmetrics.Histogram({ name: 'h', buckets: [1], ...common });
  kept.s = new mpmetrics.Summary({ name: 's', percentiles: [0.5], ...common });`;

async function until(
  program: Program,
  wanted: (seen: Map<string, number>) => boolean,
): Promise<Map<string, number>> {
  for (;;) {
    const { seen } = await scraped(program);
    if (wanted(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('a series lives as long as any process updates it, and then expires for all', async () => {
  const [one, two] = obedient(2, made) as [Program, Program];
  for (const program of [one, two]) await ask(program, MAKE);
  await ask(
    one,
    `kept.c.inc({ a: 'busy' }); kept.c.inc({ a: 'idle' }, 2); kept.h.observe({ a: 'idle' }, 1); kept.s.observe({ a: 'idle' }, 1);`,
  );
  await ask(
    two,
    `kept.n = 0;
     kept.c.inc({ a: 'idle' }, 3);
     kept.s.observe({ a: 'idle' }, 40);
     kept.timer = setInterval(() => {
       kept.n++;
       kept.c.labels('busy').inc();
       kept.h.observe({ a: 'busy' }, 1);
       kept.s.labels('busy').observe(kept.n % 2 === 0 ? 5 : 500);
     }, 50);`,
  );
  const before = (await scraped(one)).seen;
  expect([before.get('c{a="idle"}'), before.get('s_sum{a="idle"}')]).toEqual([5, 41]);
  const gone = await until(two, (seen) => ![...seen.keys()].some((name) => name.includes('idle')));
  expect(gone.get('c{a="busy"}')).toBeGreaterThan(1);
  // Waits for longer than `ttlSeconds`.
  await ask(one, 'await sleep(4000)');
  const updates = await ask<number>(two, 'clearInterval(kept.timer); return kept.n');
  const { seen } = await scraped(one);
  expect(seen.get('c{a="busy"}')).toBe(updates + 1);
  expect(seen.get('h_count{a="busy"}')).toBe(updates);
  expect(seen.get('s_count{a="busy"}')).toBe(updates);
  expect(seen.get('s_sum{a="busy"}')).toBe(
    5 * Math.floor(updates / 2) + 500 * Math.ceil(updates / 2),
  );
  // Values of 500 and 5 alternate, beginning with 500: the median is 500 if their number is odd, else in the middle.
  const median = updates % 2 === 0 ? 252.5 : 500;
  expect(Math.abs(seen.get('s{quantile="0.5",a="busy"}')! - median)).toBeLessThan(0.0109 * median);
  expect(updates).toBeGreaterThan(20);
  // The counts of a dead process expire, too.
  two.child.kill('SIGKILL');
  await two.ended;
  expect((await scraped(one)).seen.get('c{a="busy"}')).toBe(updates + 1);
  await until(one, (seen) => seen.size === 0);
});

test("a process's part of a gauge expires although another process still updates its own part", async () => {
  const [one, two] = obedient(2, made) as [Program, Program];
  for (const program of [one, two]) await ask(program, MAKE);
  await ask(one, `kept.g.set({ a: 'x' }, 1)`);
  await ask(two, `kept.timer = setInterval(() => kept.g.set({ a: 'x' }, 10), 50)`);
  await until(one, (seen) => seen.get('g{a="x"}') === 11);
  await until(one, (seen) => seen.get('g{a="x"}') === 10);
  await ask(two, 'clearInterval(kept.timer)');
  await until(one, (seen) => seen.size === 0);
});

test('a program that has series with ttlSeconds ends by itself', async () => {
  const [program] = obedient(1, made) as [Program];
  await ask(program, `${MAKE} kept.c.inc({ a: 'x' });`);
  expect(await ask(program, 'return process.getActiveResourcesInfo().includes("Timeout")')).toBe(
    false,
  );
  program.child.stdin!.end();
  expect(await program.ended).toBe(0);
});
