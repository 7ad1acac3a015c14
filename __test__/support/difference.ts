/** Differences from prom-client, as specs. */

import { expect, test } from 'vitest';

import { heap, memory, oracle, type Program } from './subject';

/** Both sides of a row: what the program yields with prom-client, and with this package, whichever the storage. */
export function differs(
  title: string,
  program: Program,
  theirs: unknown,
  onHeap: unknown,
  inMemory = onHeap,
): void {
  test.each([
    { ...oracle, expected: theirs },
    { ...heap, expected: onHeap },
    { ...memory, expected: inMemory },
  ])(`${title}: $name`, async ({ load, expected }) => {
    expect(await program(await load())).toEqual(expected);
  });
}
