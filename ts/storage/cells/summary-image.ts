/**
 * An image of a summary's series: a copy of its cells, then, for each chunk, its octave and its buckets.
 */

import { chunkOf, type Buckets } from './buckets';
import { CELLS } from './octave';
import type { Counts, Observed } from './quantiles';
import type { Series } from './series';
import type { Sketch } from './sketch';
import { eachPart, Part, partsOf, type Window } from './summary-layout';

/** The chunks of an image: octave and buckets. */
export function* chunksOf(image: Float64Array, cells: number): Iterable<[number, Float64Array]> {
  const length = CELLS * partsOf(cells);
  for (let at = cells; at < image.length; at += 1 + length) {
    yield [image[at]!, image.subarray(at + 1, at + 1 + length)];
  }
}

/** Makes chunks for the non-empty ones of an image, which it returns, as far as there is memory. */
export function makeChunks(
  h: Series,
  image: Float64Array,
  buckets: Buckets,
): [number, Float64Array][] {
  const wanted = [...chunksOf(image, h.size)].filter(([, counts]) =>
    counts.some((one) => one !== 0),
  );
  let s: Sketch;
  do {
    ({ s } = h);
    for (const [octave] of wanted) chunkOf(h, octave, buckets);
    // If the series moved meanwhile, chunks that were made before are gone.
  } while (h.s !== s);
  return wanted;
}

/** Adds the buckets of an octave that a full series cannot keep, in the middle of an update. */
export function addNearest(h: Series, octave: number, counts: Float64Array): void {
  const bucket = h.s.nearest(octave);
  eachPart(h.size, (p, part) => {
    const all = counts.subarray(part * CELLS, (part + 1) * CELLS);
    const observations = all.reduce((sum, count) => sum + count, 0);
    if (bucket === null) h.f[h.i + p + Part.Zeros]! += observations;
    else bucket.chunk.f[bucket.chunk.i + CELLS * part + bucket.cell]! += observations;
  });
}

/** The observations of one sub-window of an image. */
export function leftIn(image: Float64Array, p: number, part: number, cells: number): Counts {
  const octaves = new Map<number, Float64Array>();
  for (const [octave, counts] of chunksOf(image, cells)) {
    octaves.set(octave, counts.subarray(part * CELLS, (part + 1) * CELLS));
  }
  return { zeros: image[p + Part.Zeros]!, octaves };
}

/** The observations of an image in the sub-windows of the present window. */
export function observedIn(image: Float64Array, window: Window | null, cells: number): Observed {
  const observed: Observed = { zeros: 0, min: Infinity, max: -Infinity, octaves: new Map() };
  // The clock is read at every call, because tests replace it.
  const now = window === null ? 0 : Math.floor(Date.now() / window.length);
  const chunks = [...chunksOf(image, cells)];
  for (const [octave] of chunks) observed.octaves.set(octave, new Float64Array(CELLS));
  eachPart(cells, (p, part) => {
    const epoch = image[p + Part.Epoch]!;
    if (window !== null && !(epoch > now - window.parts && epoch <= now + 1)) return;
    observed.zeros += image[p + Part.Zeros]!;
    observed.min = Math.min(observed.min, image[p + Part.Min]!);
    observed.max = Math.max(observed.max, image[p + Part.Max]!);
    for (const [octave, counts] of chunks) {
      const sums = observed.octaves.get(octave)!;
      for (let k = 0; k < CELLS; k++) sums[k]! += counts[part * CELLS + k]!;
    }
  });
  return observed;
}
