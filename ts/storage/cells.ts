/**
 * The four kinds of blocks, from index i:
 *
 * - counter, gauge: the value
 * - histogram with n bounds: first word, n + 1 counts, sum, last word
 * - summary: first word, count, sum, last word
 *
 * The protocol of the two words: a writer stores n + 1 to the last word, then the cells between, then
 * n + 1 to the first; a reader goes upwards and accepts when both are equal. On x86-64 plain stores
 * keep that order, and V8 neither hoists nor drops typed-array stores.
 */

import { NativeKind } from '../native';
import type { Kind } from './family';
import type { Series } from './series';

function writeScalar(h: Series, values: Float64Array): void {
  h.f[h.i] = values[0]!;
}

function writeGuarded(h: Series, values: Float64Array): void {
  const { f, i } = h;
  const last = values.length - 1;
  const n = f[i]! + 1;
  f[i + last] = n;
  for (let k = 1; k < last; k++) f[i + k] = values[k]!;
  f[i] = n;
}

export const counterKind: Kind = {
  type: 'counter',
  native: NativeKind.Counter,
  adds: true,
  cells: () => 1,
  values: (cells) => [cells[0]!],
  write: writeScalar,
};

export const gaugeKind: Kind = {
  type: 'gauge',
  native: NativeKind.Gauge,
  adds: false,
  cells: () => 1,
  values: (cells) => [cells[0]!],
  write: writeScalar,
};

export const histogramKind: Kind = {
  type: 'histogram',
  native: NativeKind.Histogram,
  adds: true,
  cells: (bounds) => bounds + 4,
  values: (cells) => [cells.at(-2)!, ...cells.subarray(1, -2)],
  write: writeGuarded,
};

export const summaryKind: Kind = {
  type: 'summary',
  native: NativeKind.Summary,
  adds: true,
  cells: () => 4,
  values: (cells) => [cells[2]!, cells[1]!],
  write: writeGuarded,
};

/** Adds moved cells to those of the place they move to; a gauge's replace them. */
export function merge(kind: Kind, h: Series, moved: Float64Array): void {
  if (kind.adds) {
    const sum = h.f.slice(h.i, h.i + moved.length);
    for (let k = 0; k < moved.length; k++) sum[k]! += moved[k]!;
    kind.write(h, sum);
  } else {
    kind.write(h, moved);
  }
}
