/** Exemplars of several processes and worker threads, and of writers that are stopped or killed while they write. */
import { join } from 'node:path';

import { afterEach, expect, onTestFinished, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import type { Application, Program } from '../support/application';
import { ask, obedient, performing, type Scraped } from '../support/obedient';
import { workClock } from '../support/patience.mjs';
import { PythonReader } from '../support/python-reader';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Code that makes a counter, a histogram and a function that updates both, with exemplars that name the process. */
const DECLARE = `await ${performing('processes/exemplars/declare.cjs')}`;
const LONGEST = 5_000;
const EXEMPLAR = / # \{who="(\w+)",n="(\d+)",pad="(p*)"\} (\S+) (\S+)$/;

interface Seen {
  /** The line up to the exemplar. */
  sample: string;
  who: string;
  n: number;
}

/** Scrapes, checks that every exemplar has the labels and value of one update and a recent time, and returns all. */
async function seen(scraper: Program): Promise<Seen[]> {
  const { text, ms } = await ask<Scraped>(scraper, 'return scrape()');
  expect(ms).toBeLessThan(LONGEST);
  const lines = text.split('\n').filter((line) => line.includes(' # {'));
  return lines.map((line) => {
    const found = EXEMPLAR.exec(line);
    expect(found, line).not.toBeNull();
    const [, who, digits, pad, value, time] = found!;
    const n = Number(digits);
    expect(pad).toBe('p'.repeat(n % 90));
    expect(Number(value)).toBe(line.startsWith('c_total') ? n : (n % 3) + 0.5);
    expect(Math.abs(Number(time) * 1000 - Date.now())).toBeLessThan(600_000);
    return { sample: line.slice(0, found!.index), who: who!, n };
  });
}

test.skipIf(lacks('prometheus_client'))(
  'the newest exemplar of all processes and threads is shown',
  async () => {
    const reader = new PythonReader();
    onTestFinished(() => {
      reader.close();
    });
    const [one, two, plain] = obedient(3, made);
    for (const program of [one!, two!]) await ask(program, DECLARE);
    await ask(one!, "kept.update('one', 5)");
    await ask(two!, "await sleep(5); kept.update('two', 8)");
    await ask(
      two!,
      `const { Worker } = require('node:worker_threads');
     await sleep(5);
     const thread = new Worker(${JSON.stringify(join(__dirname, 'exemplars', 'thread.cjs'))});
     await new Promise((resolve) => thread.on('exit', resolve));`,
    );
    await ask(plain!, 'mpmetrics.register.setContentType(mpmetrics.openMetricsContentType)');
    for (const scraper of [one!, two!, plain!]) {
      expect(await seen(scraper)).toEqual([
        { sample: 'c_total{who="one"} 5', who: 'one', n: 5 },
        { sample: 'c_total{who="two"} 8', who: 'two', n: 8 },
        { sample: 'c_total{who="thread"} 9', who: 'thread', n: 9 },
        { sample: 'h_bucket{le="1"} 1', who: 'thread', n: 9 },
        { sample: 'h_bucket{le="+Inf"} 3', who: 'two', n: 8 },
      ]);
      const families = await reader.read((await ask<Scraped>(scraper, 'return scrape()')).text);
      expect(families.map(({ name, type }) => [name, type])).toEqual([
        ['c', 'counter'],
        ['h', 'histogram'],
      ]);
    }
    // Exemplars of a dead process are shown until another process records newer ones.
    two!.child.kill('SIGKILL');
    await two!.ended;
    expect(await seen(plain!)).toHaveLength(5);
    await ask(one!, "kept.update('one', 11)");
    expect(await seen(plain!)).toContainEqual({
      sample: 'h_bucket{le="+Inf"} 4',
      who: 'one',
      n: 11,
    });
  },
);

test('writers that are killed or stopped leave no half-written exemplar, and others go on', async () => {
  const [scraper, ...writers] = obedient(4, made);
  await ask(scraper!, DECLARE);
  const start = async (program: Program, who: string): Promise<void> => {
    await ask(program, DECLARE);
    await ask(
      program,
      `kept.n = 0;
       const run = () => {
         for (let i = 0; i < 200; i++) kept.update('${who}', ++kept.n);
         setImmediate(run);
       };
       run();`,
    );
  };
  for (const [i, writer] of writers.entries()) await start(writer, `w${i}`);
  for (let round = 0; round < 12; round++) {
    const i = round % writers.length;
    await new Promise((resolve) => setTimeout(resolve, (round * 7919) % 40));
    const stopped = writers[(i + 1) % writers.length]!;
    stopped.child.kill('SIGSTOP');
    const others = (all: Seen[]) => all.filter(({ who }) => who === `w${(i + 2) % writers.length}`);
    const before = others(await seen(scraper!));
    const end = workClock() + 30_000;
    for (;;) {
      const now = others(await seen(scraper!));
      if (now.some(({ n }) => !before.some((one) => one.n === n))) break;
      expect(workClock()).toBeLessThan(end);
    }
    writers[i]!.child.kill('SIGKILL');
    await writers[i]!.ended;
    await seen(scraper!);
    stopped.child.kill('SIGCONT');
    const env = { MPMETRICS_SEGMENT: `${made[0]!.segmentsIn}/test.heap` };
    writers[i] = made[0]!.run('obey.js', { env });
    await start(writers[i], `w${i}`);
  }
  // At the end, a scrape shows the series of the scraper and of each writer with an exemplar.
  await ask(scraper!, "kept.update('scraper', 3)");
  const counters = async () => {
    const all = await seen(scraper!);
    return all.filter(({ sample }) => sample.startsWith('c_total')).map(({ who }) => who);
  };
  const all = ['scraper', 'w0', 'w1', 'w2'];
  // An exemplar that a writer was writing when it was killed is lost. Then the series has none until the process that
  // was started in the writer's place has got the heap lock and recorded another.
  const end = workClock() + 30_000;
  let last = await counters();
  while (last.length < all.length && workClock() < end) last = await counters();
  expect(last.sort()).toEqual(all);
});
