/** The kind of summaries. */

import { NativeKind } from '../../native';
import { guardedPath } from './guarded';
import type { Kind } from './kind';
import { CELLS } from './octave';
import { ends, isEmpty, quantiles } from './quantiles';
import { addNearest, chunksOf, leftIn, makeChunks, observedIn } from './summary-image';
import { Cell, eachPart, Option, OTHERS, Part, partsOf, windowOf } from './summary-layout';

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
      // Of two sub-windows with the same part the later one is kept.
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
      // Observations that have expired meanwhile cannot be subtracted.
      if (image[p + Part.Epoch] !== base[p + Part.Epoch]) return;
      image[p + Part.Zeros]! -= base[p + Part.Zeros]!;
      for (const [octave, counts] of chunksOf(image, cells)) {
        const taken = before.get(octave);
        if (taken === undefined) continue;
        for (let k = part * CELLS; k < (part + 1) * CELLS; k++) counts[k]! -= taken[k]!;
      }
      // If smallest and largest are the same as before, they belong to what was subtracted.
      const [least, most] = ends(leftIn(image, p, part, cells));
      if (image[p + Part.Min] === base[p + Part.Min]) image[p + Part.Min] = least;
      if (image[p + Part.Max] === base[p + Part.Max]) image[p + Part.Max] = most;
    });
  },
  write: (h, image, buckets) => {
    const wanted = makeChunks(h, image, buckets);
    // This may have moved the series, or found it gone.
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
      if (h.s.full) buckets.clamped(observations);
      else buckets.unranked(observations);
    }
  },
};
