/** Processes that hold the heap lock of a segment. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';

import { rustExample } from './rust-example';

let program: string | undefined;

/** Builds the program; for `beforeAll`, because it takes a while. */
export function buildLockHolder(): void {
  program ??= rustExample('hold_lock');
}

/**
 * Starts a process that takes the heap lock, and waits until the process has it.
 *
 * @param path of the segment
 * @param holders list to which the process is added; the caller kills it
 * @param times milliseconds for which the process holds the lock, and for which it then releases the lock, over and
 *   over; without times the process keeps the lock
 */
export async function holdLock(
  path: string,
  holders: ChildProcess[],
  ...times: number[]
): Promise<ChildProcess> {
  const holder = spawn(program!, [path, ...times.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  holders.push(holder);
  const [line] = (await once(holder.stdout, 'data')) as [Buffer];
  expect(line.toString()).toBe('held\n');
  return holder;
}
