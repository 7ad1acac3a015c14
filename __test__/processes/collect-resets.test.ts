/**
 * Several processes and threads reset metrics a moment after the metrics' `collect` has returned. A scrape shows the
 * values that all processes had before the resets, and each count is in exactly one scrape.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';

import { afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { Application, Program } from '../support/application';
import { buildLockHolder, holdLock } from '../support/hold-lock';
import { ask, obedient, performing, scraped } from '../support/obedient';
import { samples } from '../support/samples';

/** Milliseconds within which all counts appear in scrapes, on a busy machine. */
const PATIENCE = 20_000;

const made: Application[] = [];
const holders: ChildProcess[] = [];
beforeAll(buildLockHolder, 300_000);
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
  for (const app of made.splice(0)) app.remove();
});

/** Moments after a `collect` at which the metrics are reset: see `declare.cjs`. */
const MOMENTS = ['process.nextTick', 'a microtask', 'setImmediate', 'a timer'];

/**
 * Code that declares a counter, a gauge, a histogram and a summary, which are reset after each `collect`.
 * `kept.count(n)` updates them.
 */
function declare(moment = 'process.nextTick', label = ''): string {
  return `await ${performing('processes/collect-resets/declare.cjs', moment, label)}`;
}

/** The values of the series of the four metrics with these labels. */
function seen(values: Map<string, number>, labels = ''): (number | undefined)[] {
  const at = labels === '' ? '' : `{${labels}}`;
  return ['c', 'g', 'h_sum', 'h_count', 's_sum', 's_count'].map((name) => values.get(name + at));
}

async function shown(program: Program): Promise<(number | undefined)[]> {
  return seen((await scraped(program)).seen);
}

describe.each(MOMENTS)('a reset by %s', (moment) => {
  test('scrapes of processes with and without the metrics show the values from before the reset', async () => {
    const [one, other, reader] = obedient(3, made);
    await ask(one!, declare(moment));
    await ask(other!, declare(moment));
    await ask(one!, 'kept.count(3)');
    await ask(other!, 'kept.count(4)');
    expect(await shown(one!)).toEqual([7, 7, 7, 2, 7, 2]);
    for (const [from, resets] of [
      [reader!, 8],
      [other!, 12],
    ] as const) {
      await ask(one!, `await kept.untilResets(${resets - 4})`);
      await ask(other!, `await kept.untilResets(${resets - 4})`);
      await ask(one!, 'kept.count(5)');
      await ask(one!, 'kept.count(1)');
      await ask(other!, 'kept.count(2)');
      // The part of a gauge is the value that its process set last: 1 and 2.
      expect(await shown(from)).toEqual([8, 3, 8, 3, 8, 3]);
    }
    expect(await ask(one!, 'return stats().collectTimeouts')).toBe(0);
  });
});

test('each count of a worker thread is in exactly one scrape', async () => {
  const [one] = obedient(1, made);
  await ask(one!, declare());
  await ask(
    one!,
    `await ${performing('processes/collect-resets/thread.cjs')}; await kept.counted(10)`,
  );
  await ask(one!, 'kept.count(1)');
  expect((await scraped(one!)).seen.get('c')).toBe(11);
  await ask(one!, 'await kept.counted(20)');
  expect((await scraped(one!)).seen.get('c')).toBe(20);
  expect((await scraped(one!)).seen.get('c')).toBe(0);
  await ask(one!, 'await kept.thread.terminate()');
});

test('each count of two processes is in exactly one scrape, while a third process scrapes all the time', async () => {
  const programs = obedient(3, made);
  const [one, other, third] = programs;
  // Only the counter is summed over scrapes, because several scrapes may show the same value of a gauge.
  for (const [i, program] of programs.entries()) {
    await ask(program, declare('process.nextTick', String(i)));
  }
  const count = (program: Program): Promise<number> =>
    ask(
      program,
      `let sum = 0;
       const end = Date.now() + 500;
       while (Date.now() < end) {
         kept.count(1);
         sum++;
         await new Promise(setImmediate);
       }
       return sum;`,
    );
  // Only one process scrapes, because two scrapes at the same time may show the same counts.
  const counting = Promise.all([count(other!), count(third!)]);
  let over = false;
  const sums = [0, 0, 0];
  const add = async (): Promise<void> => {
    const { seen: values } = await scraped(one!);
    for (const i of sums.keys()) sums[i]! += values.get(`c{who="${String(i)}"}`) ?? 0;
  };
  void counting.then(() => (over = true));
  while (!over) await add();
  const counted = await counting;
  // Counts of pending series appear in a later scrape. No sum ever shrinks.
  const seen = async (): Promise<number[]> => {
    await add();
    return sums;
  };
  await expect.poll(seen, { timeout: PATIENCE }).toEqual([0, ...counted]);
  await add();
  await add();
  expect(sums).toEqual([0, ...counted]);
  expect(await ask(one!, 'return stats().collectTimeouts')).toBe(0);
});

test.each(['another process', 'the scraper'])(
  'counts of %s that wait for the heap lock are in the scrape whose callback resets them',
  async (which) => {
    const [one, other] = obedient(2, made);
    const counts = which === 'the scraper' ? one! : other!;
    await ask(one!, declare('process.nextTick', '0'));
    await ask(other!, declare('process.nextTick', '1'));
    const series = `c{who="${counts === one ? 0 : 1}"}`;
    const holder = await holdLock(join(made[0]!.segmentsIn, 'test.heap'), holders);
    await ask(counts, 'kept.count(5)');
    const scrape = scraped(one!);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await ask(other!, 'kept.count(2)');
    holder.kill('SIGKILL');
    const first = (await scrape).seen.get(series) ?? 0;
    const second = (await scraped(one!)).seen.get(series) ?? 0;
    expect(first).toBeGreaterThanOrEqual(5);
    expect(first + second).toBe(counts === one ? 5 : 7);
  },
);

test('two processes that scrape at the same time do not wait for each other', async () => {
  const [one, other] = obedient(2, made);
  await ask(one!, declare());
  await ask(other!, declare());
  const scrapes =
    'const all = []; for (let i = 0; i < 50; i++) all.push((await scrape()).ms); return all';
  const all = await Promise.all([ask<number[]>(one!, scrapes), ask<number[]>(other!, scrapes)]);
  // If one waited for the other, it would wait until `collectTimeout`, which is 20 s.
  expect(Math.max(...all.flat())).toBeLessThan(10_000);
  expect(await ask(one!, 'return stats().collectTimeouts')).toBe(0);
});

/** Code for `raw()`, which reads the heap without a ring, and `until(line)`, which waits until `raw()` has the line. */
const RAW = `
  const raw = () => mpmetrics.openSegment({ create: false }).scrapeString({
    format: 'text', scope: 'application', tags: ['default'], families: [], plain: false, now: Date.now(),
  });
  const until = async (line) => { while (!(await raw()).includes(line)) await sleep(1); };
`.replace(
  'mpmetrics.openSegment',
  "require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting')).openSegment",
);

/**
 * Starts a process that resets its metrics, a slow process and a scraper. At the return, the scraper has the answer of
 * the first process, and waits for that of the slow one.
 */
async function waiting(): Promise<{ one: Program; slow: Program; scraper: Program }> {
  const [one, slow, scraper] = obedient(3, made);
  await ask(one!, declare());
  await ask(
    slow!,
    "kept.gate = new Promise((open) => (kept.open = open)); calls('slow', 'slow', () => kept.gate)",
  );
  await ask(one!, 'kept.count(3)');
  scraper!.tell('return (await scrape()).text');
  await ask(one!, 'await kept.untilResets(4)');
  await ask(one!, 'kept.count(5)');
  await ask(one!, `${RAW} await until('\\nc 3')`);
  return { one: one!, slow: slow!, scraper: scraper! };
}

describe('while a scraper waits for others', () => {
  test('a reset is kept back, and counts after the reset are in the next scrape', async () => {
    const { one, slow, scraper } = await waiting();
    await ask(slow, 'kept.open()');
    const text = JSON.parse(await scraper.line()) as string;
    expect(seen(samples(text))).toEqual([3, 3, 3, 1, 3, 1]);
    expect(await shown(one)).toEqual([5, 5, 5, 1, 5, 1]);
  });

  test('the reset is no longer kept back after the death of the scraper', async () => {
    const { one, scraper } = await waiting();
    scraper.child.kill('SIGKILL');
    await scraper.ended;
    await ask(one, `${RAW} await until('\\nc 5')`);
  });

  test('the scrape of another process waits for a stopped scraper until collectTimeout, and no longer', async () => {
    const { one, slow, scraper } = await waiting();
    scraper.child.kill('SIGSTOP');
    await ask(slow, 'kept.open()');
    await ask(one, 'mpmetrics.configure({ collectTimeout: 200 })');
    expect(await shown(one)).toEqual([5, 5, 5, 1, 5, 1]);
    scraper.child.kill('SIGCONT');
    JSON.parse(await scraper.line());
  });

  test('counts after the reset stay when their process exits', async () => {
    const { one, slow } = await waiting();
    one.tell('process.exit()');
    expect(await one.ended).toBe(0);
    await ask(slow, `${RAW} await until('\\nc 5')`);
  });

  test('counts after the reset move to the copy of the segment if the file of the segment is removed', async () => {
    const { one, slow, scraper } = await waiting();
    await ask(one, "require('node:fs').rmSync(stats().path)");
    await ask(slow, 'kept.open()');
    await scraper.line();
    await ask(one, "mpmetrics.register.getSingleMetric('c').inc({}, 1)");
    const values = await ask<string>(
      one,
      "return mpmetrics.register.metrics({ scope: 'process' })",
    );
    expect(samples(values).get('c')).toBe(6);
  });
});
