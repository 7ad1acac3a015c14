/** The buckets of a summary's series: how a handle gets those of an octave, and how they move into the heap. */

import { guardedPath } from './guarded';
import { CELLS } from './octave';
import type { Handle } from './handle';
import { OctaveBuckets, NO_SKETCH, Sketch } from './sketch';

/** Makes the buckets of a summary's series, and counts observations that have none. */
export interface BucketSource {
  /**
   * Finds or makes the buckets of an octave. Not called for more octaves than a series keeps.
   *
   * @param h a live handle. After the call it may point to other cells, or it may have stopped being live: then the
   *   caller has to bind it again.
   * @returns null if there is no memory for them, or the handle is not live any more
   */
  make(h: Handle, octave: number): OctaveBuckets | null;
  /** Counts observations that no quantile shows, for want of memory. */
  unranked(observations: number): void;
  /** Counts observations that went to the nearest bucket, because the series has as many octaves as it may have. */
  clamped(observations: number): void;
}

/**
 * Finds or makes the buckets of an octave; null if the series has its maximum of octaves, if there is no memory for
 * another, or if the series turns out to be gone. In any case the handle may have other cells than before.
 */
export function bucketsOfOctave(
  h: Handle,
  octave: number,
  source: BucketSource,
): OctaveBuckets | null {
  for (;;) {
    const there = h.sketch.all.get(octave);
    if (there !== undefined) return there;
    if (h.sketch.full) return null;
    if (h.sketch === NO_SKETCH) h.sketch = new Sketch();
    const { sketch } = h;
    const made = source.make(h, octave);
    if (h.sketch === sketch) {
      if (made !== null) sketch.put(made);
      return made;
    }
    // The series moved meanwhile, and has other buckets.
  }
}

/** Adds buckets in this process's memory to those in the heap, to which `own` points from now on. */
export function moveBuckets(h: Handle, own: OctaveBuckets, there: OctaveBuckets): void {
  const path = guardedPath(h);
  const sequence = path.begin(h);
  for (let k = 0; k < own.cells.length; k++) there.cells[there.first + k]! += own.cells[k]!;
  path.end(h, sequence);
  own.cells = there.cells;
  own.first = there.first;
}

/**
 * Buckets in this process's memory.
 *
 * @param subWindows of the series
 */
export function ownBuckets(octave: number, subWindows: number): OctaveBuckets {
  return new OctaveBuckets(octave, new Float64Array(CELLS * subWindows), 0);
}
