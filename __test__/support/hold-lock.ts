/** Programs that hold the lock of a segment. */
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
 * Takes the lock in a process of its own.
 *
 * @param holders gets the process, which is to be killed
 * @param times milliseconds for which it holds the lock, and for which it leaves it, over and over; it keeps it if none
 *   are given
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
