/**
 * Metrics that are reset a moment after their `collect` returned, in several processes and threads: whoever scrapes shows
 * what stood then of all of them, each count in one scrape.
 */
import { afterEach, describe, expect, test } from 'vitest';

import type { Application, Program } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const MOMENTS: Record<string, string> = {
  'process.nextTick': 'process.nextTick(reset)',
  'a microtask': 'Promise.resolve().then(reset)',
  setImmediate: 'setImmediate(reset)',
  'a timer': 'setTimeout(reset, 2)',
};

/** A counter, a gauge, a histogram and a summary, all of which are reset after each `collect`; `kept.count(n)` counts. */
function declare(moment: string, label = ''): string {
  return `
    const labelNames = ${label === '' ? '[]' : `['who']`};
    const labels = ${label === '' ? '{}' : `{ who: '${label}' }`};
    kept.resets = 0;
    const given = (name) => ({
      name, help: 'h', labelNames,
      collect() { const reset = () => { this.reset(); kept.resets++; }; ${moment}; },
    });
    const c = new mpmetrics.Counter(given('c'));
    const g = new mpmetrics.Gauge(given('g'));
    const h = new mpmetrics.Histogram({ ...given('h'), buckets: [1, 10] });
    const s = new mpmetrics.Summary({ ...given('s'), percentiles: [0.5] });
    kept.count = (n) => {
      c.inc(labels, n);
      g.set(labels, n);
      h.observe(labels, n);
      s.observe(labels, n);
    };
    /** Everything that was asked for is reset, and a scrape has read. */
    kept.rest = async (resets) => { while (kept.resets < resets) await sleep(1); };
  `;
}

/** The values of all four, without labels. */
function seen(values: Map<string, number>, labels = ''): (number | undefined)[] {
  const at = labels === '' ? '' : `{${labels}}`;
  return ['c', 'g', 'h_sum', 'h_count', 's_sum', 's_count'].map((name) => values.get(name + at));
}

async function shown(program: Program): Promise<(number | undefined)[]> {
  return seen((await scraped(program)).seen);
}

describe.each(Object.entries(MOMENTS))('by %s', (_, moment) => {
  test('the scraper, one that was asked, and one that scrapes without metrics show what stood', async () => {
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
      await ask(one!, `await kept.rest(${resets - 4})`);
      await ask(other!, `await kept.rest(${resets - 4})`);
      await ask(one!, 'kept.count(5)');
      await ask(one!, 'kept.count(1)');
      await ask(other!, 'kept.count(2)');
      // A gauge has what it was set to last.
      expect(await shown(from)).toEqual([8, 3, 8, 3, 8, 3]);
    }
    expect(await ask(one!, 'return stats().collectTimeouts')).toBe(0);
  });
});

test('worker threads: their counts, too, are each in one scrape', async () => {
  const [one] = obedient(1, made);
  await ask(one!, declare(MOMENTS['process.nextTick']!));
  await ask(
    one!,
    `const { Worker } = require('node:worker_threads');
     kept.thread = new Worker(\`
       const { parentPort } = require('node:worker_threads');
       const mpmetrics = require('mpmetrics');
       mpmetrics.configure({ collectTimeout: 20_000 });
       const c = new mpmetrics.Counter({
         name: 'c', help: 'h', collect() { process.nextTick(() => this.reset()); },
       });
       parentPort.on('message', (n) => { c.inc(n); parentPort.postMessage('counted'); });
     \`, { eval: true });
     kept.counted = (n) => new Promise((resolve) => {
       kept.thread.once('message', resolve);
       kept.thread.postMessage(n);
     });
     await kept.counted(10)`,
  );
  await ask(one!, 'kept.count(1)');
  expect((await scraped(one!)).seen.get('c')).toBe(11);
  await ask(one!, 'await kept.counted(20)');
  expect((await scraped(one!)).seen.get('c')).toBe(20);
  expect((await scraped(one!)).seen.get('c')).toBe(0);
  await ask(one!, 'await kept.thread.terminate()');
});

test('what is counted, by several that scrape all the time, is in the scrapes once', async () => {
  const programs = obedient(3, made);
  const [one, other, third] = programs;
  // A gauge may show more than once what it was set to: only what adds up is added up.
  for (const [i, program] of programs.entries()) {
    await ask(program, declare(MOMENTS['process.nextTick']!, String(i)));
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
  // One scraper, so that no two scrapes show the same; the others count.
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
  await add();
  await add();
  expect(sums).toEqual([0, ...counted]);
  expect(await ask(one!, 'return stats().collectTimeouts')).toBe(0);
});

test('two that scrape at the same time do not wait for each other', async () => {
  const [one, other] = obedient(2, made);
  await ask(one!, declare(MOMENTS['process.nextTick']!));
  await ask(other!, declare(MOMENTS['process.nextTick']!));
  const scrapes =
    'const all = []; for (let i = 0; i < 50; i++) all.push((await scrape()).ms); return all';
  const all = await Promise.all([ask<number[]>(one!, scrapes), ask<number[]>(other!, scrapes)]);
  // Their time for each other is 20 s.
  expect(Math.max(...all.flat())).toBeLessThan(10_000);
  expect(await ask(one!, 'return stats().collectTimeouts')).toBe(0);
});

/** What the heap has, without asking anybody. */
const RAW = `
  const raw = () => mpmetrics.openSegment({ create: false }).scrapeString({
    format: 'text', scope: 'application', tags: ['default'], families: [], plain: false, now: Date.now(),
  });
  const until = async (line) => { while (!(await raw()).includes(line)) await sleep(1); };
`.replace(
  'mpmetrics.openSegment',
  "require(require('node:path').join(require.resolve('mpmetrics'), '..', 'meeting')).openSegment",
);

/** One that resets, and a scraper that has its values and waits for a third. */
async function waiting(): Promise<{ one: Program; slow: Program; scraper: Program }> {
  const [one, slow, scraper] = obedient(3, made);
  await ask(one!, declare(MOMENTS['process.nextTick']!));
  await ask(
    slow!,
    "kept.gate = new Promise((open) => (kept.open = open)); calls('slow', 'slow', () => kept.gate)",
  );
  await ask(one!, 'kept.count(3)');
  scraper!.tell('return (await scrape()).text');
  await ask(one!, 'await kept.rest(4)');
  await ask(one!, 'kept.count(5)');
  await ask(one!, `${RAW} await until('\\nc 3')`);
  return { one: one!, slow: slow!, scraper: scraper! };
}

describe('while a scraper waits for others', () => {
  test('what is reset is kept back, and what is counted behind that is in the next scrape', async () => {
    const { one, slow, scraper } = await waiting();
    await ask(slow, 'kept.open()');
    const text = JSON.parse(await scraper.line()) as string;
    expect(seen(samples(text))).toEqual([3, 3, 3, 1, 3, 1]);
    expect(await shown(one)).toEqual([5, 5, 5, 1, 5, 1]);
  });

  test('its death ends that', async () => {
    const { one, scraper } = await waiting();
    scraper.child.kill('SIGKILL');
    await scraper.ended;
    await ask(one, `${RAW} await until('\\nc 5')`);
  });

  test('while it is stopped the next scrape waits its time for it, and no longer', async () => {
    const { one, slow, scraper } = await waiting();
    scraper.child.kill('SIGSTOP');
    await ask(slow, 'kept.open()');
    await ask(one, 'mpmetrics.configure({ collectTimeout: 200 })');
    expect(await shown(one)).toEqual([5, 5, 5, 1, 5, 1]);
    scraper.child.kill('SIGCONT');
    JSON.parse(await scraper.line());
  });

  test('a process that ends in order leaves its counts', async () => {
    const { one, slow } = await waiting();
    one.tell('process.exit()');
    expect(await one.ended).toBe(0);
    await ask(slow, `${RAW} await until('\\nc 5')`);
  });

  test('the segment is lost: counts behind the reset go on in the next', async () => {
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
