/**
 * An image of a summary's series: a copy of its cells, then, for each octave, its number and its buckets.
 */

import { bucketsOfOctave, type BucketSource } from './octave-buckets';
import { CELLS } from './octave';
import type { Counts, Observed } from './quantiles';
import type { Handle } from './handle';
import type { Sketch } from './sketch';
import { eachSubWindow, SubWindow, subWindowsOf, type Window } from './summary-layout';

/** Yields the octaves of an image, each with its buckets. */
export function* octavesOf(image: Float64Array, cells: number): Iterable<[number, Float64Array]> {
  const length = CELLS * subWindowsOf(cells);
  for (let at = cells; at < image.length; at += 1 + length) {
    yield [image[at]!, image.subarray(at + 1, at + 1 + length)];
  }
}

/**
 * Makes buckets for the octaves of an image that have counts, as far as there is memory and the series may have more
 * octaves.
 *
 * @returns the octaves that have counts, whether or not they got buckets
 */
export function makeBuckets(
  h: Handle,
  image: Float64Array,
  source: BucketSource,
): [number, Float64Array][] {
  const wanted = [...octavesOf(image, h.size)].filter(([, counts]) =>
    counts.some((one) => one !== 0),
  );
  let sketch: Sketch;
  do {
    ({ sketch } = h);
    for (const [octave] of wanted) bucketsOfOctave(h, octave, source);
    // If the series moved meanwhile, it has none of the buckets that were made before.
  } while (h.sketch !== sketch);
  return wanted;
}

/**
 * Adds the counts of an octave to the nearest bucket, because the series has as many octaves as it may have. Called in
 * the middle of an update.
 */
export function addNearest(h: Handle, octave: number, counts: Float64Array): void {
  const bucket = h.sketch.nearest(octave);
  eachSubWindow(h.size, (p, index) => {
    const all = counts.subarray(index * CELLS, (index + 1) * CELLS);
    const observations = all.reduce((sum, count) => sum + count, 0);
    if (bucket === null) h.cells[h.first + p + SubWindow.Zeros]! += observations;
    else bucket.buckets.cells[bucket.buckets.first + CELLS * index + bucket.cell]! += observations;
  });
}

/** Returns the observations of one sub-window of an image. */
export function leftIn(image: Float64Array, p: number, index: number, cells: number): Counts {
  const octaves = new Map<number, Float64Array>();
  for (const [octave, counts] of octavesOf(image, cells)) {
    octaves.set(octave, counts.subarray(index * CELLS, (index + 1) * CELLS));
  }
  return { zeros: image[p + SubWindow.Zeros]!, octaves };
}

/** Returns the observations of an image that are in the current window. */
export function observedIn(image: Float64Array, window: Window | null, cells: number): Observed {
  const observed: Observed = { zeros: 0, min: Infinity, max: -Infinity, octaves: new Map() };
  // The clock is read at every call, because tests replace it.
  const now = window === null ? 0 : Math.floor(Date.now() / window.length);
  const octaves = [...octavesOf(image, cells)];
  for (const [octave] of octaves) observed.octaves.set(octave, new Float64Array(CELLS));
  eachSubWindow(cells, (p, index) => {
    const number = image[p + SubWindow.Number]!;
    if (window !== null && !(number > now - window.subWindows && number <= now + 1)) return;
    observed.zeros += image[p + SubWindow.Zeros]!;
    observed.min = Math.min(observed.min, image[p + SubWindow.Min]!);
    observed.max = Math.max(observed.max, image[p + SubWindow.Max]!);
    for (const [octave, counts] of octaves) {
      const sums = observed.octaves.get(octave)!;
      for (let k = 0; k < CELLS; k++) sums[k]! += counts[index * CELLS + k]!;
    }
  });
  return observed;
}
