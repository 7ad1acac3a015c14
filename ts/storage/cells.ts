/**
 * The four kinds of blocks, from index i:
 *
 * - counter, gauge: the value
 * - gauge that shows whoever set it last: first word, value, time, last word
 * - gauge that all processes share: the value; in a process's own memory, also whether it was set
 * - histogram with n bounds: first word, n + 1 counts, sum, last word
 * - summary: first word, count, sum, last word
 *
 * The protocol of the two words: a writer stores n + 1 to the last word, then the cells between, then
 * n + 1 to the first; a reader goes upwards and accepts when both are equal. On x86-64 plain stores
 * keep that order, and V8 neither hoists nor drops typed-array stores.
 */

import { NativeKind } from '../native';
import type { Kind } from './family';
import { guarded, TIME, VALUE } from './guarded';
import type { Series } from './series';
import { CELLS, sharedLocally, VALUE as SHARED_VALUE } from './shared-path';

function writeScalar(h: Series, values: Float64Array): void {
  h.f[h.i] = values[0]!;
}

function writeGuarded(h: Series, values: Float64Array): void {
  guarded.write(h, values);
}

export const counterKind: Kind = {
  type: 'counter',
  native: NativeKind.Counter,
  adds: true,
  shared: false,
  guarded: false,
  path: null,
  cells: () => 1,
  values: (cells) => [cells[0]!],
  write: writeScalar,
};

export const gaugeKind: Kind = {
  type: 'gauge',
  native: NativeKind.Gauge,
  adds: false,
  shared: false,
  guarded: false,
  path: null,
  cells: () => 1,
  values: (cells) => [cells[0]!],
  write: writeScalar,
};

/** A gauge that shows whoever set it last: it keeps the time. */
export const recentKind: Kind = {
  type: 'gauge',
  native: NativeKind.Gauge,
  adds: false,
  shared: false,
  guarded: true,
  path: guarded,
  cells: () => 4,
  values: (cells) => [cells[VALUE]!, cells[TIME]!],
  write: writeGuarded,
};

/** A gauge that has one value for all processes. */
export const sharedKind: Kind = {
  type: 'gauge',
  native: NativeKind.Gauge,
  adds: false,
  shared: true,
  guarded: false,
  path: sharedLocally,
  cells: () => CELLS,
  values: (cells) => [cells[SHARED_VALUE]!],
  write: (h, values) => {
    sharedLocally.write(h, values);
  },
};

export const histogramKind: Kind = {
  type: 'histogram',
  native: NativeKind.Histogram,
  adds: true,
  shared: false,
  guarded: true,
  path: null,
  cells: (bounds) => bounds + 4,
  values: (cells) => [cells.at(-2)!, ...cells.subarray(1, -2)],
  write: writeGuarded,
};

export const summaryKind: Kind = {
  type: 'summary',
  native: NativeKind.Summary,
  adds: true,
  shared: false,
  guarded: true,
  path: null,
  cells: () => 4,
  values: (cells) => [cells[2]!, cells[1]!],
  write: writeGuarded,
};

/** Adds moved cells to those of the place they move to; a gauge's replace them. */
export function merge(kind: Kind, h: Series, moved: Float64Array): void {
  if (kind.adds) {
    const sum = h.read();
    for (let k = 0; k < moved.length; k++) sum[k]! += moved[k]!;
    h.write(kind, sum);
  } else {
    h.write(kind, moved);
  }
}
