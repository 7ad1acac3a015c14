/**
 * Several copies of this package in one program: two installations, or one that was loaded twice. The default registry
 * of each copy shows the families of all copies, so only one copy may report a default metric.
 */

import { heap } from '../storage';

const CLAIMS = Symbol.for('mpmetrics.claims.15');

/** The object that identifies this copy. */
const copy = {};

function claims(): Map<string, object> {
  const shared = globalThis as { [CLAIMS]?: Map<string, object> };
  const all = shared[CLAIMS] ?? new Map<string, object>();
  shared[CLAIMS] = all;
  return all;
}

/** Returns a key for a name in this copy's heap: under a test runner, many copies may each have a heap of their own. */
function keyOf(name: string): string {
  return `${heap.path} ${name}`;
}

/** Returns whether another copy has claimed a metric's name. */
export function isClaimedElsewhere(name: string): boolean {
  const holder = claims().get(keyOf(name));
  return holder !== undefined && holder !== copy;
}

/** Claims a metric's name for this copy, unless another copy has claimed it. */
export function claim(name: string): void {
  if (!isClaimedElsewhere(name)) claims().set(keyOf(name), copy);
}

/** Frees a name that this copy has claimed. */
export function disclaim(name: string): void {
  if (claims().get(keyOf(name)) === copy) claims().delete(keyOf(name));
}
