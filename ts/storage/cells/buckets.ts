/** The buckets of a summary's series: where a handle gets the chunk of an octave, and how a chunk moves. */

import { guardedPath } from './guarded';
import { CELLS } from './octave';
import type { Series } from './series';
import { Chunk, NO_SKETCH, Sketch } from './sketch';

/** Where the buckets of a summary's series come from, and what is told of observations that have none. */
export interface Buckets {
  /**
   * Finds or makes the buckets that a summary's series has for an octave. Not asked for more than a series keeps.
   *
   * @param h a handle that is live; afterwards it may not be so any more, and is then to be settled again, or
   *   may have moved to other cells
   * @returns null if there is no memory for them, or the handle is not live any more
   */
  chunk(h: Series, octave: number): Chunk | null;
  /** Counts observations that no quantile shows, for want of memory. */
  unranked(observations: number): void;
  /** Counts observations that are in the nearest bucket, for want of octaves. */
  clamped(observations: number): void;
}

/**
 * The chunk of an octave, made if it is not there yet; null if the series has as many as it may have, if there is no
 * memory for it, or if the series is found to be gone. Also when it is there, the handle's cells may be others than before.
 */
export function chunkOf(h: Series, octave: number, buckets: Buckets): Chunk | null {
  for (;;) {
    const there = h.s.all.get(octave);
    if (there !== undefined) return there;
    if (h.s.full) return null;
    if (h.s === NO_SKETCH) h.s = new Sketch();
    const { s } = h;
    const chunk = buckets.chunk(h, octave);
    if (h.s === s) {
      if (chunk !== null) s.put(chunk);
      return chunk;
    }
    // The series moved meanwhile, and has other chunks.
  }
}

/** Adds buckets of this process's own to those in the heap, and lets the chunk count there from now on. */
export function moveChunk(h: Series, own: Chunk, there: Chunk): void {
  const path = guardedPath(h);
  const sequence = path.begin(h);
  for (let k = 0; k < own.f.length; k++) there.f[there.i + k]! += own.f[k]!;
  path.end(h, sequence);
  own.f = there.f;
  own.i = there.i;
}

/**
 * Buckets in memory of their own.
 *
 * @param parts of the series
 */
export function ownChunk(octave: number, parts: number): Chunk {
  return new Chunk(octave, new Float64Array(CELLS * parts), 0);
}
