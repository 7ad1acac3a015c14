/**
 * Other copies of this package in one program: two installs, or one that was loaded twice. Their default registries
 * show the families of all copies, so figures of the process must come from only one of them.
 */

import { heap } from '../storage';

const CLAIMS = Symbol.for('mpmetrics.claims.15');

/** Stands for this copy. */
const copy = {};

function claims(): Map<string, object> {
  const shared = globalThis as { [CLAIMS]?: Map<string, object> };
  const all = shared[CLAIMS] ?? new Map<string, object>();
  shared[CLAIMS] = all;
  return all;
}

/** A name in the heap that this copy uses: test runners have many copies, each with a heap of its own. */
function keyOf(name: string): string {
  return `${heap.path} ${name}`;
}

/**
 * Takes a metric's name for this copy.
 *
 * @returns false if another copy has it
 */
export function claim(name: string): boolean {
  const holder = claims().get(keyOf(name));
  if (holder === undefined) claims().set(keyOf(name), copy);
  return holder === undefined || holder === copy;
}

/** Frees a name. */
export function disclaim(name: string): void {
  if (claims().get(keyOf(name)) === copy) claims().delete(keyOf(name));
}
