/**
 * The cells of a summary, in a block: first word, count, sum, a word for the heap's own use, the sub-windows, last word.
 * Without a window there is a single sub-window. Each has its number, the count of zeros, the smallest and the largest
 * observation. The octave buckets are in other blocks.
 */

import { CELLS } from './octave';
import type { Handle } from './handle';

/** Cells of a block. */
export const enum Cell {
  Count = 1,
  Sum = 2,
  /** The first sub-window. */
  SubWindows = 4,
}

/** Cells of a sub-window. */
export const enum SubWindow {
  Number = 0,
  Zeros = 1,
  Min = 2,
  Max = 3,
  /** How many there are. */
  Cells = 4,
}

/** Cells without those of the sub-windows. */
export const OTHERS = 5;
/** Most sub-windows; a window with more gets as many. */
export const MOST_SUB_WINDOWS = 64;

/** The numbers of a summary's options before its percentiles: see `quantile/summary.rs`. */
export const enum Option {
  Length = 0,
  SubWindows = 1,
  Prune = 2,
  Percentiles = 3,
}

/** A summary's time window. */
export interface Window {
  /** Milliseconds of a sub-window. */
  readonly length: number;
  readonly subWindows: number;
}

/** The window in a shape's numbers; null for none. */
export function windowOf(numbers: readonly number[]): Window | null {
  const length = numbers[Option.Length]!;
  return length > 0 ? { length, subWindows: numbers[Option.SubWindows]! } : null;
}

/** A summary's options as its shape's numbers. */
export function summaryNumbers(
  window: Window | null,
  prune: boolean,
  percentiles: readonly number[],
): number[] {
  const { length, subWindows } = window ?? { length: 0, subWindows: 1 };
  return [length, subWindows, prune ? 1 : 0, ...percentiles];
}

/** The index of a sub-window in the block, by its number. */
export function subWindowOf(number: number, subWindows: number): number {
  return number - Math.floor(number / subWindows) * subWindows;
}

/** Begins a sub-window in the middle of an update: its cells were those of an earlier one. */
export function begin(h: Handle, index: number, number: number): void {
  const { cells } = h;
  const p = h.first + Cell.SubWindows + SubWindow.Cells * index;
  // If the writer dies in between, readers skip the index.
  cells[p + SubWindow.Number] = NaN;
  for (const buckets of h.sketch.all.values()) {
    const first = buckets.first + CELLS * index;
    for (let k = first; k < first + CELLS; k++) buckets.cells[k] = 0;
  }
  cells[p + SubWindow.Zeros] = 0;
  cells[p + SubWindow.Min] = Infinity;
  cells[p + SubWindow.Max] = -Infinity;
  cells[p + SubWindow.Number] = number;
}

/** How many sub-windows a block of so many cells has. */
export function subWindowsOf(cells: number): number {
  return (cells - OTHERS) / SubWindow.Cells;
}

/** Visits the sub-windows of a block: the first cell of each, counted from the block's, and its index. */
export function eachSubWindow(cells: number, visit: (p: number, index: number) => void): void {
  for (let index = 0; index < subWindowsOf(cells); index++)
    visit(Cell.SubWindows + SubWindow.Cells * index, index);
}
