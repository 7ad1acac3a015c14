/** The kind of summaries. */

import { guardedPath } from './guarded';
import type { Kind } from './kind';
import { CELLS } from './octave';
import { ends, isEmpty, quantiles } from './quantiles';
import { addNearest, octavesOf, leftIn, makeBuckets, observedIn } from './summary-image';
import {
  Cell,
  eachSubWindow,
  Option,
  OTHERS,
  SubWindow,
  subWindowsOf,
  windowOf,
} from './summary-layout';

export const summaryKind: Kind = {
  type: 'summary',
  adds: true,
  open: false,
  sharedGauge: false,
  guarded: true,
  path: null,
  cells: (numbers) => OTHERS + SubWindow.Cells * numbers[Option.SubWindows]!,
  subWindows: (numbers) => numbers[Option.SubWindows]!,
  shown: (numbers) => numbers.slice(Option.Percentiles),
  blank: (cells) => {
    const blank = new Float64Array(cells);
    eachSubWindow(cells, (p) => {
      blank[p + SubWindow.Min] = Infinity;
      blank[p + SubWindow.Max] = -Infinity;
    });
    return blank;
  },
  image: ({ cells, first, sketch, size }) => {
    const octaves = [...sketch.all.values()];
    const length = CELLS * subWindowsOf(size);
    const image = new Float64Array(size + octaves.length * (1 + length));
    image.set(cells.subarray(first, first + size));
    octaves.forEach((buckets, n) => {
      const at = size + n * (1 + length);
      image[at] = buckets.octave;
      image.set(buckets.cells.subarray(buckets.first, buckets.first + length), at + 1);
    });
    return image;
  },
  values: (image, { numbers }, cells) => {
    const observed = observedIn(image, windowOf(numbers), cells);
    const shown = quantiles(observed, numbers.slice(Option.Percentiles));
    return [image[Cell.Sum]!, image[Cell.Count]!, ...shown];
  },
  pruned: (image, { numbers }, cells) =>
    numbers[Option.Prune] === 1 && isEmpty(observedIn(image, windowOf(numbers), cells)),
  isZero: (image) => image[Cell.Count] === 0,
  plus: (image, more, cells) => {
    for (const cell of [Cell.Count, Cell.Sum]) image[cell]! += more[cell]!;
    const octaves = new Map(octavesOf(image, cells));
    const added = [...octavesOf(more, cells)];
    for (const [octave, { length }] of added) {
      if (!octaves.has(octave)) octaves.set(octave, new Float64Array(length));
    }
    eachSubWindow(cells, (p, index) => {
      const [there, moved] = [image[p + SubWindow.Number]!, more[p + SubWindow.Number]!];
      // Of two sub-windows with the same index, the later one is kept.
      if (!(moved >= there)) return;
      if (moved !== there) {
        for (const counts of octaves.values()) counts.fill(0, index * CELLS, (index + 1) * CELLS);
        image.set([moved, 0, Infinity, -Infinity], p);
      }
      image[p + SubWindow.Zeros]! += more[p + SubWindow.Zeros]!;
      image[p + SubWindow.Min] = Math.min(image[p + SubWindow.Min]!, more[p + SubWindow.Min]!);
      image[p + SubWindow.Max] = Math.max(image[p + SubWindow.Max]!, more[p + SubWindow.Max]!);
      for (const [octave, counts] of added) {
        const sums = octaves.get(octave)!;
        for (let k = index * CELLS; k < (index + 1) * CELLS; k++) sums[k]! += counts[k]!;
      }
    });
    const moreCells = [...octaves].map(([octave, counts]) => [octave, ...counts]);
    return Float64Array.from([...image.subarray(0, cells), ...moreCells.flat()]);
  },
  minus: (image, base, cells) => {
    for (const cell of [Cell.Count, Cell.Sum]) image[cell]! -= base[cell]!;
    const before = new Map(octavesOf(base, cells));
    eachSubWindow(cells, (p, index) => {
      // Observations that have expired meanwhile cannot be subtracted.
      if (image[p + SubWindow.Number] !== base[p + SubWindow.Number]) return;
      image[p + SubWindow.Zeros]! -= base[p + SubWindow.Zeros]!;
      for (const [octave, counts] of octavesOf(image, cells)) {
        const taken = before.get(octave);
        if (taken === undefined) continue;
        for (let k = index * CELLS; k < (index + 1) * CELLS; k++) counts[k]! -= taken[k]!;
      }
      // If the smallest or largest observation is that of `base`, it was subtracted; the buckets show the new one.
      const [least, most] = ends(leftIn(image, p, index, cells));
      if (image[p + SubWindow.Min] === base[p + SubWindow.Min]) image[p + SubWindow.Min] = least;
      if (image[p + SubWindow.Max] === base[p + SubWindow.Max]) image[p + SubWindow.Max] = most;
    });
  },
  write: (h, image, source) => {
    const wanted = makeBuckets(h, image, source);
    // Making the buckets may have moved the series, or found that it was removed.
    if (!h.current) return;
    const { cells, first, size } = h;
    const path = guardedPath(h);
    const sequence = path.begin(h);
    for (const buckets of h.sketch.all.values()) {
      buckets.cells.fill(0, buckets.first, buckets.first + CELLS * subWindowsOf(size));
    }
    cells[first + Cell.Count] = image[Cell.Count]!;
    cells[first + Cell.Sum] = image[Cell.Sum]!;
    for (let k: number = Cell.SubWindows; k < size - 1; k++) cells[first + k] = image[k]!;
    for (const [octave, counts] of wanted) {
      const buckets = h.sketch.all.get(octave);
      if (buckets !== undefined) buckets.cells.set(counts, buckets.first);
    }
    const others = wanted.filter(([octave]) => !h.sketch.all.has(octave));
    if (h.sketch.full) for (const [octave, counts] of others) addNearest(h, octave, counts);
    path.end(h, sequence);
    for (const [, counts] of others) {
      const observations = counts.reduce((sum, count) => sum + count, 0);
      if (h.sketch.full) source.clamped(observations);
      else source.unranked(observations);
    }
  },
};
