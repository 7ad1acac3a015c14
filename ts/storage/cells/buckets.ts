/** The buckets of a summary's series: how a handle gets the chunk of an octave, and how a chunk moves into the heap. */

import { guardedPath } from './guarded';
import { CELLS } from './octave';
import type { Series } from './series';
import { Chunk, NO_SKETCH, Sketch } from './sketch';

/** Makes the buckets of a summary's series, and counts observations that have none. */
export interface Buckets {
  /**
   * Finds or makes the buckets of an octave. Not called for more octaves than a series keeps.
   *
   * @param h a live handle; afterwards it may not be live any more, and has to be settled again, or may have moved to
   *   other cells
   * @returns null if there is no memory for them, or the handle is not live any more
   */
  chunk(h: Series, octave: number): Chunk | null;
  /** Counts observations that no quantile shows, for want of memory. */
  unranked(observations: number): void;
  /** Counts observations that count in the nearest bucket, for want of octaves. */
  clamped(observations: number): void;
}

/**
 * Finds or makes the chunk of an octave; null if the series has its maximum of chunks, if there is no memory for
 * another, or if the series turns out to be gone. In any case the handle may have other cells than before.
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

/** Adds buckets in this process's memory to those in the heap, where the chunk counts from now on. */
export function moveChunk(h: Series, own: Chunk, there: Chunk): void {
  const path = guardedPath(h);
  const sequence = path.begin(h);
  for (let k = 0; k < own.f.length; k++) there.f[there.i + k]! += own.f[k]!;
  path.end(h, sequence);
  own.f = there.f;
  own.i = there.i;
}

/**
 * Buckets in this process's memory.
 *
 * @param parts of the series
 */
export function ownChunk(octave: number, parts: number): Chunk {
  return new Chunk(octave, new Float64Array(CELLS * parts), 0);
}
