/** A process ends while another one holds the heap lock: what waits for the lock is not lost. */
import type { ChildProcess } from 'node:child_process';
import { afterEach, beforeAll, expect, test } from 'vitest';

import { Application } from '../support/application';
import { buildLockHolder, holdLock } from '../support/hold-lock';
import { source } from '../support/programs';
import { samples } from '../support/samples';

let app: Application;
const holders: ChildProcess[] = [];

beforeAll(buildLockHolder);

afterEach(() => {
  for (const holder of holders.splice(0)) holder.kill('SIGKILL');
  app.remove();
});

/** Returns what a reader shows when a process has ended as `how` says, while the lock was held. */
async function shownAfter(how: string): Promise<Map<string, number>> {
  app = new Application({
    'leaver.js': source('crash/lock-at-exit/leaver.cjs'),
    'reader.js': `
      const { register } = require('mpmetrics');
      process.stdin.once('data', () => register.metrics().then((text) => console.log(JSON.stringify(text))));
      console.log('ready');`,
  });
  const path = `${app.segmentsIn}/lock.heap`;
  const env = { MPMETRICS_SEGMENT: path };
  const reader = app.run('reader.js', { env });
  expect(await reader.line()).toBe('ready');
  const leaver = app.run('leaver.js', { args: [how], env });
  expect(await leaver.line()).toBe('ready');
  const holder = await holdLock(path, holders);
  leaver.tell(String(holder.pid));
  expect(await leaver.ended).toBe(0);
  expect(leaver.errors).toBe('');
  reader.tell('show');
  return samples(JSON.parse(await reader.line()) as string);
}

test('series that were counted while the lock was held', async () => {
  const shown = await shownAfter('pending');
  for (let n = 0; n < 100; n++) expect(shown.get(`left_total{n="${String(n)}"}`)).toBe(1);
  expect(shown.get('left_total{n="first"}')).toBe(1);
});

test('a removal that a scrape kept back', async () => {
  const shown = await shownAfter('kept');
  expect(shown.get('left_total{n="99"}')).toBe(1);
  expect(shown.has('left_total{n="first"}')).toBe(false);
});
