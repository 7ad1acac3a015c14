/**
 * The ways of updating a series' cells. The direct one is a plain store, which the metrics do themselves and
 * which no handle's `path` names; every other is a {@link Path}, chosen when the handle is bound and never
 * asked for on the direct one: a handle with a path expects a generation that no series has, so that the
 * comparison before each store leads every update here.
 */

import { guarded } from './guarded';
import type { Series } from './series';

/** An update: of what, by or to what, and for a histogram in which bucket. */
export type Update = (h: Series, value: number, bucket: number) => boolean;

export const adding: Update = (h, by) => {
  if (h.path !== null) return h.path.add(h, by);
  h.f[h.i]! += by;
  return true;
};

/** Of a histogram. */
export const observing: Update = (h, value, bucket) =>
  (h.path ?? guarded).observe(h, value, bucket, 1);

/** Of a histogram, the same value so many times at once. */
export function observingTimes(times: number): Update {
  return (h, value, bucket) => (h.path ?? guarded).observe(h, value, bucket, times);
}

export const setting: Update = (h, value) => {
  if (h.path !== null) return h.path.set(h, value);
  h.f[h.i] = value;
  return true;
};
