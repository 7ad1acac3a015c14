/**
 * The paths by which a series' cells are updated. On the direct path the metrics themselves make a plain store, and the
 * handle's `path` is null. Every other path is a {@link Path}, chosen when the handle is bound. The other paths cost
 * the direct path nothing: a handle with a `path` expects a generation that no series has, so the comparison before
 * each store sends every update of the handle here.
 */

import { guarded } from './guarded';
import type { Handle } from './handle';

/** Updates a handle with a value. `bucket` is for histograms. Returns false if the handle has to be bound again. */
export type Update = (h: Handle, value: number, bucket: number) => boolean;

export const adding: Update = (h, by) => {
  if (h.path !== null) return h.path.add(h, by);
  h.cells[h.first]! += by;
  return true;
};

/** Counts a histogram's observation. */
export const observing: Update = (h, value, bucket) =>
  (h.path ?? guarded).observe(h, value, bucket, 1);

/** Returns an update that counts a histogram's observation `times` times at once. */
export function observingTimes(times: number): Update {
  return (h, value, bucket) => (h.path ?? guarded).observe(h, value, bucket, times);
}

export const setting: Update = (h, value) => {
  if (h.path !== null) return h.path.set(h, value);
  h.cells[h.first] = value;
  return true;
};
