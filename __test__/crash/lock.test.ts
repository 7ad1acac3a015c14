/**
 * A process is stopped or killed while it holds the heap lock. All others can count in new series after a limited wait,
 * and no count is lost.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { until } from '../support/patience.mjs';
import { buildLockHolder, holdLock } from '../support/hold-lock';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const made: Application[] = [];
const holders: ChildProcess[] = [];
afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
  for (const app of made.splice(0)) app.remove();
});

beforeAll(buildLockHolder);

const hold = (path: string, ...times: number[]) => holdLock(path, holders, ...times);

interface Told {
  longest: number;
  total: number;
  text: string;
}

async function told(program: Program): Promise<Map<string, number> & Partial<Told>> {
  const { longest, total, text } = JSON.parse(await program.line()) as Told;
  return Object.assign(samples(text), { longest, total });
}

async function started(): Promise<{ app: Application; path: string; writer: Program }> {
  const app = new Application({
    'busy.js': source('crash/lock/busy.cjs'),
    'writer.js': source('crash/lock/writer.cjs'),
  });
  made.push(app);
  const path = `${app.segmentsIn}/lock.heap`;
  const writer = app.run('writer.js', { env: { MPMETRICS_SEGMENT: path } });
  expect(await writer.line()).toBe('ready');
  return { app, path, writer };
}

test('SIGSTOP: no process waits long for the lock, and pending series move into the heap later', async () => {
  const { app, path, writer } = await started();
  const holder = await hold(path);
  holder.kill('SIGSTOP');
  writer.tell('count 0');
  const during = await told(writer);
  // The first new series waits for the lock: for the deadline (20 ms), and for the 250 ms by which a thread may exceed
  // it once (`GRACE_US`). While it is pending, further series do not wait. The bound allows for a busy machine.
  expect(during.longest).toBeLessThan(1_000);
  expect(during.get('old_total')).toBe(21);
  // A process that starts meanwhile can count and scrape, too.
  const second = app.run('writer.js', { env: { MPMETRICS_SEGMENT: path } });
  expect(await second.line()).toBe('ready');
  second.tell('count 100');
  await told(second);
  holder.kill('SIGCONT');
  holder.stdin!.end();
  await once(holder, 'exit');
  // The first process shows the counts of the second.
  const whole = async () => {
    writer.tell('show');
    return told(writer);
  };
  const moved = async () => (await whole()).get('series_total{n="109"}') === 2;
  await until(moved, 'series of the second process are still pending');
  const after = await whole();
  expect(after.get('old_total')).toBe(42);
  for (let i = 0; i < 10; i++) {
    expect(after.get(`series_total{n="${String(i)}"}`)).toBe(2);
    expect(after.get(`series_total{n="${String(100 + i)}"}`)).toBe(2);
  }
  expect(after.get('late_0_count')).toBe(1);
  expect(after.get('late_100_count')).toBe(1);
});

test('a lock that is held for three deadlines: a process that starts meanwhile loses no count, even by SIGKILL', async () => {
  const { app, path, writer } = await started();
  const shown = async () => {
    writer.tell('show');
    return told(writer);
  };
  // The program waits for the lock for 270 ms (see above). On a busy machine this test may end the holder so late that
  // there is a timeout: then the test tries again.
  for (let n = 0, timeouts = 0; ; n++) {
    const holder = await hold(path);
    const args = [String(n)];
    const busy = app.run('busy.js', { args, env: { MPMETRICS_SEGMENT: path } });
    expect(await busy.line()).toBe('begins');
    await sleep(60);
    holder.stdin!.end();
    let acknowledged = 0;
    while (acknowledged < 100 && (await busy.line()) === 'counted') acknowledged++;
    busy.child.kill('SIGKILL');
    expect(await busy.ended).toBe('SIGKILL');
    const after = await shown();
    const before = timeouts;
    timeouts = after.get('mpmetrics_lock_timeouts_total')!;
    if (n < 9 && timeouts > before) continue;
    expect(after.get(`busy_total{n="${String(n)}"}`)).toBeGreaterThanOrEqual(acknowledged);
    break;
  }
});

test('a lock that is free now and then: series move into the heap faster than new ones become pending', async () => {
  const { app, path, writer } = await started();
  // Another process scrapes, because a scrape in the writer would make the writer try the lock.
  const reader = app.run('writer.js', { env: { MPMETRICS_SEGMENT: path } });
  expect(await reader.line()).toBe('ready');
  const shown = async () => {
    reader.tell('show');
    return told(reader);
  };
  await hold(path, 30, 3);
  writer.tell('pour 12000');
  const isWhole = async () => (await shown()).get('poured_total{n="11999"}') === 1;
  await until(isWhole, 'series are still pending');
  const after = await shown();
  for (let n = 0; n < 12_000; n++) expect(after.get(`poured_total{n="${String(n)}"}`)).toBe(1);
  expect(writer.errors).toBe('');
});

test('SIGKILL: the next holder of the lock recovers the heap', async () => {
  const { path, writer } = await started();
  writer.tell('count 0');
  await told(writer);
  const holder = await hold(path);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  writer.tell('count 100');
  const after = await told(writer);
  for (let i = 0; i < 10; i++) {
    expect(after.get(`series_total{n="${String(i)}"}`)).toBe(2);
    expect(after.get(`series_total{n="${String(100 + i)}"}`)).toBe(2);
  }
  expect(after.get('old_total')).toBe(41);
});
