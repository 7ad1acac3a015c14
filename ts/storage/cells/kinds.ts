/**
 * The kinds of blocks, with their cells in order:
 *
 * - counter, gauge: the value
 * - gauge that shows the part that was set last: sequence word, value, time, sequence word
 * - state set: as a gauge of either kind; the value is a mask, whose bit n is state n
 * - info: as a gauge, whose value is never read
 * - shared gauge: in a process's own memory, the value and whether the gauge was set; in the heap, see `docs/FORMAT.md`
 * - histogram with n bounds: sequence word, n + 1 counts, sum, sequence word
 * - summary: see `summary-layout.ts`
 *
 * The protocol of the two sequence words, which hold the same number s between updates: a writer stores s + 1 to the
 * last word, then the cells between the words, then s + 1 to the first word. A reader reads from the first word to the
 * last, and accepts the cells if both words are equal. On x86-64 plain stores keep that order, and V8 neither hoists
 * nor drops typed-array stores.
 */

import type { FamilyType, Kind, MetricType, Shape } from './kind';
import { guarded, guardedPath, TIME, VALUE } from './guarded';
import type { Handle } from './handle';
import { CELLS, sharedGaugeInMemory, VALUE as SHARED_VALUE } from './shared-path';

function writeGuarded(h: Handle, values: Float64Array): void {
  guardedPath(h).write(h, values);
}

/** The members of kinds without octave buckets; a kind replaces those in which it differs. */
const plain = {
  open: false,
  sharedGauge: false,
  guarded: false,
  path: null,
  subWindows: () => 0,
  shown: (numbers: readonly number[]) => numbers,
  blank: (cells: number) => new Float64Array(cells),
  image: ({ cells, first, size }: Handle) => cells.slice(first, first + size),
  plus(image: Float64Array, more: Float64Array): Float64Array {
    for (let k = 0; k < image.length; k++) image[k]! += more[k]!;
    return image;
  },
  minus(image: Float64Array, base: Float64Array): void {
    for (let k = 0; k < image.length; k++) image[k]! -= base[k]!;
  },
  pruned: () => false,
  isZero: (image: Float64Array) => image.every((cell) => cell === 0),
};

export const gaugeKind: Kind = {
  ...plain,
  type: 'gauge',
  adds: false,
  cells: () => 1,
  shown: () => [],
  values: (cells) => [cells[0]!],
  write: (h, values) => {
    h.cells[h.first] = values[0]!;
  },
};

export const counterKind: Kind = {
  ...gaugeKind,
  type: 'counter',
  adds: true,
};

/** A gauge that shows the part that was set last, for which it keeps the time. */
export const recentKind: Kind = {
  ...gaugeKind,
  guarded: true,
  path: guarded,
  cells: () => 4,
  values: (cells) => [cells[VALUE]!, cells[TIME]!],
  write: writeGuarded,
};

/** A shared gauge: it has one value for all processes. */
export const sharedGaugeKind: Kind = {
  ...gaugeKind,
  sharedGauge: true,
  path: sharedGaugeInMemory,
  cells: () => CELLS,
  values: (cells) => [cells[SHARED_VALUE]!],
  write: (h, values) => {
    h.cells.set(values, h.first);
  },
};

/** A state set whose parts are joined state by state, or shown one by one. */
export const stateSetKind: Kind = {
  ...gaugeKind,
  type: 'stateset',
  values: (cells, shape) => numbersOf(cells[0]!, shape),
};

/** A state set that shows the part that was set last. */
export const recentStateSetKind: Kind = {
  ...recentKind,
  type: 'stateset',
  values: (cells, shape) => numbersOf(cells[VALUE]!, shape),
};

/** Labels whose values are the information. A scrape shows the number 1, whatever the cell has. */
export const infoKind: Kind = {
  ...gaugeKind,
  type: 'info',
  open: true,
  values: () => [1],
};

/** Returns 1 for each state whose bit is set in a mask, and 0 for the others. */
function numbersOf(mask: number, { states, numbers: [ofZero = 0] }: Shape): number[] {
  const shown = mask === 0 ? ofZero : mask;
  return states.map((_, bit) => (hasBit(shown, 2 ** bit) ? 1 : 0));
}

/**
 * Whether a bit of a mask is set. JavaScript's bitwise operators have 32 bits, and a mask has up to 53.
 *
 * @param bit a power of two
 */
export function hasBit(mask: number, bit: number): boolean {
  return Math.floor(mask / bit) % 2 === 1;
}

/** The type in prom-client's JSON and in text format 0.0.4, which have only prom-client's types. */
export function plainType(type: FamilyType): MetricType {
  return type === 'stateset' || type === 'info' ? 'gauge' : type;
}

export const histogramKind: Kind = {
  ...plain,
  type: 'histogram',
  adds: true,
  guarded: true,
  cells: (numbers) => numbers.length + 4,
  values: (cells) => [cells.at(-2)!, ...cells.subarray(1, -2)],
  write: writeGuarded,
};
