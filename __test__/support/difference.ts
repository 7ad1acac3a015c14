/** Differences from prom-client, as specs. */

import { expect, test } from 'vitest';

import { heap, memory, oracle, type Program } from './subject';

/** Declares tests of a difference: the program's results with prom-client, and with this package on each storage. */
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
