/** Removals while a process holds the heap lock: made when it lets go, also if the segment's file is gone by then. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';

import type { Application } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';
import { buildLockHolder, holdLock } from '../support/hold-lock';

const made: Application[] = [];
const holders: ChildProcess[] = [];
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
  for (const app of made.splice(0)) app.remove();
});

beforeAll(buildLockHolder, 300_000);

const METRICS = `
  const { Counter, Gauge, Histogram, Summary } = mpmetrics;
  const of = (name) => ({ name, help: 'h', labelNames: ['n'] });
  kept.c = new Counter(of('c'));
  kept.g = new Gauge(of('g'));
  kept.every = new Gauge(of('every'));
  kept.all = new Gauge({ ...of('all'), aggregator: 'shared' });
  kept.h = new Histogram({ ...of('h'), buckets: [1] });
  kept.s = new Summary(of('s'));
  kept.r = new Counter(of('r'));
  kept.w = new Counter(of('w'));
  for (const n of ['a', 'b']) {
    for (const metric of [kept.c, kept.g, kept.every, kept.all, kept.r, kept.w]) metric.inc({ n }, 2);
    for (const metric of [kept.h, kept.s]) metric.observe({ n }, 1);
  }
`;

const REMOVE = `
  kept.c.inc({ n: 'new' });
  for (const metric of [kept.c, kept.g, kept.all, kept.h, kept.s]) metric.remove('a');
  kept.every.removeEverywhere('a');
  kept.r.resetEverywhere();
  kept.w.reset();
`;

test.each(['stays', 'goes'])(
  'while the file %s',
  async (file) => {
    const [one, other] = obedient(2, made);
    const path = join(made[0]!.segmentsIn, 'test.heap');
    await ask(one!, METRICS);
    await ask(other!, METRICS);
    const holder = await holdLock(path, holders);
    await ask(one!, REMOVE);
    if (file === 'goes') rmSync(path);
    holder.stdin!.end();
    await once(holder, 'exit');
    const wanted = [
      ['c{n="a"}', undefined],
      ['c{n="b"}', 4],
      ['c{n="new"}', 1],
      ['g{n="a"}', 2],
      ['g{n="b"}', 4],
      ['every{n="a"}', undefined],
      ['every{n="b"}', 4],
      ['all{n="a"}', undefined],
      ['all{n="b"}', 4],
      ['h_count{n="a"}', undefined],
      ['h_count{n="b"}', 2],
      ['s_count{n="a"}', undefined],
      ['s_count{n="b"}', 2],
      ['r{n="a"}', undefined],
      ['w{n="a"}', 2],
    ];
    for (const program of [one!, other!]) {
      await expect
        .poll(
          async () => {
            const { seen } = await scraped(program);
            return wanted.map(([name]) => [name, seen.get(name as string)]);
          },
          { timeout: 30_000, interval: 100 },
        )
        .toEqual(wanted);
    }
  },
  120_000,
);
