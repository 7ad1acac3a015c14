/** The clock by which tests wait: on a busy machine it slows down as a thread does. */
import { spawn, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';

import { afterEach, expect, test } from 'vitest';

import { OutOfPatience, patient, shareIn, until, within } from '../support/patience.mjs';

const busy: ChildProcess[] = [];
afterEach(() => {
  for (const child of busy.splice(0)) child.kill('SIGKILL');
});

/** /proc/stat of a machine with `running` threads, after `total` ticks, of which its host gave `stolen` to others. */
function stat(running: number, total: number, stolen: number): string {
  return `cpu  ${total - stolen} 0 0 0 0 0 0 ${stolen} 7 7\ncpu0 1\nprocs_running ${running}\n`;
}

test("a thread's share of a processor depends on other threads, and on time that the host takes", () => {
  expect(shareIn(stat(1, 1_000, 0), 2)).toBe(1);
  expect(shareIn(stat(2, 2_000, 0), 2)).toBe(1);
  expect(shareIn(stat(16, 3_000, 0), 2)).toBe(1 / 8);
  expect(shareIn(stat(16, 4_000, 500), 2)).toBe(1 / 16);
  expect(shareIn(stat(1, 5_000, 1_500), 2)).toBe(0.01);
  expect(shareIn('of another system', 2)).toBe(1);
});

test('eight busy threads for each processor make waits longer', async () => {
  const wait = async (): Promise<number> => {
    const begun = performance.now();
    await expect(until(() => false, 'nothing comes', 300)).rejects.toThrow(OutOfPatience);
    return performance.now() - begun;
  };
  for (let i = 0; i < 8 * availableParallelism(); i++) {
    busy.push(spawn('nice', ['-n', '19', 'sh', '-c', 'while :; do :; done'], { stdio: 'ignore' }));
  }
  // On an idle machine `patient(1_000)` is 2,000. The loops ought to make it eight times that. Four times are enough,
  // because not all loops are on the run queue when the share is read.
  await until(() => patient(1_000) > 4 * 2_000, 'the loops do not run');
  expect(await wait()).toBeGreaterThan(4 * 300);
});

test('a wait ends with the value that it waited for, or fails with a message', async () => {
  let n = 0;
  expect(await until(() => ++n === 3 && 'three', 'n')).toBe('three');
  expect(await within(Promise.resolve(4), 'a number')).toBe(4);
  await expect(within(Promise.reject(new Error('other')), 'x')).rejects.toThrow(/^other$/);
  await expect(within(new Promise(() => {}), () => 'no end', 30)).rejects.toThrow(
    /^out of patience: no end, after 0\.03 s of work$/,
  );
});
