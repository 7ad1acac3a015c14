/**
 * The cells of a summary, from index i: first word, count, sum, a word for the heap's own use, the parts, last word.
 * There is a part for each sub-window, and a single one without a window: the sub-window's number, the count of zeros,
 * the smallest and the largest observation. The buckets are in chunks.
 */

import { CELLS } from './octave';
import type { Series } from './series';

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

/** Cells without those of the parts. */
export const OTHERS = 5;
/** Most sub-windows; a window with more gets as many. */
export const MOST_PARTS = 64;

/** The numbers of a summary's options before its percentiles: see `quantile/summary.rs`. */
export const enum Option {
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

/** The window in a shape's numbers; null for none. */
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

/** The part of a sub-window, by its number. */
export function partOf(epoch: number, parts: number): number {
  return epoch - Math.floor(epoch / parts) * parts;
}

/** Gives a part to another sub-window, in the middle of an update. */
export function begin(h: Series, part: number, epoch: number): void {
  const { f } = h;
  const p = h.i + Cell.Parts + Part.Cells * part;
  // If the writer dies in between, readers skip the part.
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

/** How many parts a block of so many cells has. */
export function partsOf(cells: number): number {
  return (cells - OTHERS) / Part.Cells;
}

/** Visits the parts of a block: the index of each's first cell, from that of the block, and its number. */
export function eachPart(cells: number, visit: (p: number, part: number) => void): void {
  for (let part = 0; part < partsOf(cells); part++) visit(Cell.Parts + Part.Cells * part, part);
}
