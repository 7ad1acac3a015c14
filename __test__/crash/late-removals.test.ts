/**
 * Removals while another process holds the heap lock: they are made when the lock is free, even if the segment's file
 * was removed meanwhile.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';

import type { Application } from '../support/application';
import { ask, obedient, performing, scraped } from '../support/obedient';
import { buildLockHolder, holdLock } from '../support/hold-lock';

const made: Application[] = [];
const holders: ChildProcess[] = [];
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
  for (const app of made.splice(0)) app.remove();
});

beforeAll(buildLockHolder, 300_000);

const METRICS = `await ${performing('crash/late-removals/metrics.cjs')};`;

const REMOVE = `await ${performing('crash/late-removals/remove.cjs')};`;

test.each(['stays', 'goes'])(
  'removals wait for the lock while the file %s',
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
