/**
 * The cells of a summary, from index i: first word, count, sum, a word for the heap's own use, the parts,
 * last word. A part has its sub-window's number, the count of zeros, the smallest and the largest
 * observation; there is one for each sub-window, and a single one without a window. The buckets lie in
 * chunks.
 *
 * An image is a copy of the cells, and behind them, for each chunk, its octave and its buckets.
 */

import { NativeKind } from '../native';
import type { Family, Kind } from './family';
import { guardedPath } from './guarded';
import { CELLS } from './octave';
import { ends, isEmpty, quantiles, type Counts, type Observed } from './quantiles';
import type { Series } from './series';
import { NO_SKETCH, Sketch, type Chunk } from './sketch';

/** Cells of a block. */
export const enum Cell {
  Count = 1,
  Sum = 2,
  /** First part. */
  Parts = 4,
}

/** Cells of a part. */
export const enum Part {
  Epoch = 0,
  Zeros = 1,
  Min = 2,
  Max = 3,
  /** How many there are. */
  Cells = 4,
}

/** Cells beside those of the parts. */
const OTHERS = 5;
/** Most sub-windows; a window of more has as many. */
export const MOST_PARTS = 64;

/** The numbers of a summary's options before its percentiles: see `quantile/summary.rs`. */
const enum Option {
  Length = 0,
  Parts = 1,
  Prune = 2,
  Percentiles = 3,
}

/** A summary's time window. */
export interface Window {
  /** Milliseconds of a part. */
  readonly length: number;
  readonly parts: number;
}

/** The window that a shape's numbers tell; null for none. */
export function windowOf(numbers: readonly number[]): Window | null {
  const length = numbers[Option.Length]!;
  return length > 0 ? { length, parts: numbers[Option.Parts]! } : null;
}

/** A summary's options as its shape's numbers. */
export function summaryNumbers(
  window: Window | null,
  prune: boolean,
  percentiles: readonly number[],
): number[] {
  const { length, parts } = window ?? { length: 0, parts: 1 };
  return [length, parts, prune ? 1 : 0, ...percentiles];
}

/** The part that belongs to the number of a sub-window. */
export function partOf(epoch: number, parts: number): number {
  return epoch - Math.floor(epoch / parts) * parts;
}

/** Makes a part that of another sub-window, in the middle of an update. */
export function begin(h: Series, part: number, epoch: number): void {
  const { f } = h;
  const p = h.i + Cell.Parts + Part.Cells * part;
  // Whoever dies in between leaves a part that readers pass over.
  f[p + Part.Epoch] = NaN;
  for (const chunk of h.s.all.values()) {
    const first = chunk.i + CELLS * part;
    for (let k = first; k < first + CELLS; k++) chunk.f[k] = 0;
  }
  f[p + Part.Zeros] = 0;
  f[p + Part.Min] = Infinity;
  f[p + Part.Max] = -Infinity;
  f[p + Part.Epoch] = epoch;
}

/**
 * The chunk of an octave, made if it is not there yet; null if the series has as many as it may have, if there is no
 * memory for it, or if the series is found to be gone. Also when it is there, the handle's cells may be others than before.
 */
export function chunkOf(h: Series, octave: number, family: Family): Chunk | null {
  for (;;) {
    const there = h.s.all.get(octave);
    if (there !== undefined) return there;
    if (h.s.full) return null;
    if (h.s === NO_SKETCH) h.s = new Sketch();
    const { s } = h;
    const chunk = family.chunk(h, octave);
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

export const summaryKind: Kind = {
  type: 'summary',
  native: NativeKind.Summary,
  adds: true,
  shared: false,
  guarded: true,
  path: null,
  cells: (numbers) => OTHERS + Part.Cells * numbers[Option.Parts]!,
  parts: (numbers) => numbers[Option.Parts]!,
  shown: (numbers) => numbers.slice(Option.Percentiles),
  blank: (cells) => {
    const blank = new Float64Array(cells);
    eachPart(cells, (p) => {
      blank[p + Part.Min] = Infinity;
      blank[p + Part.Max] = -Infinity;
    });
    return blank;
  },
  image: ({ f, i, s, size }) => {
    const chunks = [...s.all.values()];
    const length = CELLS * partsOf(size);
    const image = new Float64Array(size + chunks.length * (1 + length));
    image.set(f.subarray(i, i + size));
    chunks.forEach((chunk, n) => {
      const at = size + n * (1 + length);
      image[at] = chunk.octave;
      image.set(chunk.f.subarray(chunk.i, chunk.i + length), at + 1);
    });
    return image;
  },
  values: (image, { bounds }, cells) => {
    const observed = observedIn(image, windowOf(bounds), cells);
    const shown = quantiles(observed, bounds.slice(Option.Percentiles));
    return [image[Cell.Sum]!, image[Cell.Count]!, ...shown];
  },
  expired: (image, { bounds }, cells) =>
    bounds[Option.Prune] === 1 && isEmpty(observedIn(image, windowOf(bounds), cells)),
  isZero: (image) => image[Cell.Count] === 0,
  plus: (image, more, cells) => {
    for (const cell of [Cell.Count, Cell.Sum]) image[cell]! += more[cell]!;
    const octaves = new Map(chunksOf(image, cells));
    const added = [...chunksOf(more, cells)];
    for (const [octave, { length }] of added) {
      if (!octaves.has(octave)) octaves.set(octave, new Float64Array(length));
    }
    eachPart(cells, (p, part) => {
      const [there, moved] = [image[p + Part.Epoch]!, more[p + Part.Epoch]!];
      // Of two sub-windows that share a place the later one stays.
      if (!(moved >= there)) return;
      if (moved !== there) {
        for (const counts of octaves.values()) counts.fill(0, part * CELLS, (part + 1) * CELLS);
        image.set([moved, 0, Infinity, -Infinity], p);
      }
      image[p + Part.Zeros]! += more[p + Part.Zeros]!;
      image[p + Part.Min] = Math.min(image[p + Part.Min]!, more[p + Part.Min]!);
      image[p + Part.Max] = Math.max(image[p + Part.Max]!, more[p + Part.Max]!);
      for (const [octave, counts] of added) {
        const sums = octaves.get(octave)!;
        for (let k = part * CELLS; k < (part + 1) * CELLS; k++) sums[k]! += counts[k]!;
      }
    });
    const parts = [...octaves].map(([octave, counts]) => [octave, ...counts]);
    return Float64Array.from([...image.subarray(0, cells), ...parts.flat()]);
  },
  minus: (image, base, cells) => {
    for (const cell of [Cell.Count, Cell.Sum]) image[cell]! -= base[cell]!;
    const before = new Map(chunksOf(base, cells));
    eachPart(cells, (p, part) => {
      // What has expired meanwhile is not there to be taken out.
      if (image[p + Part.Epoch] !== base[p + Part.Epoch]) return;
      image[p + Part.Zeros]! -= base[p + Part.Zeros]!;
      for (const [octave, counts] of chunksOf(image, cells)) {
        const taken = before.get(octave);
        if (taken === undefined) continue;
        for (let k = part * CELLS; k < (part + 1) * CELLS; k++) counts[k]! -= taken[k]!;
      }
      // Ends that are no others than before are those of what was taken out.
      const [least, most] = ends(leftIn(image, p, part, cells));
      if (image[p + Part.Min] === base[p + Part.Min]) image[p + Part.Min] = least;
      if (image[p + Part.Max] === base[p + Part.Max]) image[p + Part.Max] = most;
    });
  },
  write: (h, image, family) => {
    const wanted = makeChunks(h, image, family);
    // By that the series may have moved, or turned out to be gone.
    if (!h.current) return;
    const { f, i, size } = h;
    const path = guardedPath(h);
    const sequence = path.begin(h);
    for (const chunk of h.s.all.values()) {
      chunk.f.fill(0, chunk.i, chunk.i + CELLS * partsOf(size));
    }
    f[i + Cell.Count] = image[Cell.Count]!;
    f[i + Cell.Sum] = image[Cell.Sum]!;
    for (let k: number = Cell.Parts; k < size - 1; k++) f[i + k] = image[k]!;
    for (const [octave, counts] of wanted) {
      const chunk = h.s.all.get(octave);
      if (chunk !== undefined) chunk.f.set(counts, chunk.i);
    }
    const others = wanted.filter(([octave]) => !h.s.all.has(octave));
    if (h.s.full) for (const [octave, counts] of others) addNearest(h, octave, counts);
    path.end(h, sequence);
    for (const [, counts] of others) {
      const observations = counts.reduce((sum, count) => sum + count, 0);
      if (h.s.full) family.clamped(observations);
      else family.unranked(observations);
    }
  },
};

function partsOf(cells: number): number {
  return (cells - OTHERS) / Part.Cells;
}

function eachPart(cells: number, visit: (p: number, part: number) => void): void {
  for (let part = 0; part < partsOf(cells); part++) visit(Cell.Parts + Part.Cells * part, part);
}

/** The chunks of an image: octave and buckets. */
function* chunksOf(image: Float64Array, cells: number): Iterable<[number, Float64Array]> {
  const length = CELLS * partsOf(cells);
  for (let at = cells; at < image.length; at += 1 + length) {
    yield [image[at]!, image.subarray(at + 1, at + 1 + length)];
  }
}

/** Makes chunks for those of an image that are not empty, which it returns, as far as there is memory. */
function makeChunks(h: Series, image: Float64Array, family: Family): [number, Float64Array][] {
  const wanted = [...chunksOf(image, h.size)].filter(([, counts]) =>
    counts.some((one) => one !== 0),
  );
  let s: Sketch;
  do {
    ({ s } = h);
    for (const [octave] of wanted) chunkOf(h, octave, family);
    // If the series moved meanwhile, those that were made before are not there.
  } while (h.s !== s);
  return wanted;
}

/** Adds the buckets of an octave that a full series has no place for, in the middle of an update. */
function addNearest(h: Series, octave: number, counts: Float64Array): void {
  const bucket = h.s.nearest(octave);
  eachPart(h.size, (p, part) => {
    const all = counts.subarray(part * CELLS, (part + 1) * CELLS);
    const observations = all.reduce((sum, count) => sum + count, 0);
    if (bucket === null) h.f[h.i + p + Part.Zeros]! += observations;
    else bucket.chunk.f[bucket.chunk.i + CELLS * part + bucket.cell]! += observations;
  });
}

/** The observations of one part of an image. */
function leftIn(image: Float64Array, p: number, part: number, cells: number): Counts {
  const octaves = new Map<number, Float64Array>();
  for (const [octave, counts] of chunksOf(image, cells)) {
    octaves.set(octave, counts.subarray(part * CELLS, (part + 1) * CELLS));
  }
  return { zeros: image[p + Part.Zeros]!, octaves };
}

/** What an image has in the parts that the window holds now. */
function observedIn(image: Float64Array, window: Window | null, cells: number): Observed {
  const observed: Observed = { zeros: 0, min: Infinity, max: -Infinity, octaves: new Map() };
  // The clock is read on every call: users fake it.
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
