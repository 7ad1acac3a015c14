/**
 * The cells of a summary, in a block: sequence word, count, sum, a word for the heap's own use, the sub-windows,
 * sequence word. A summary without a window has a single sub-window. Each sub-window has its number, the count of
 * zeros, the smallest and the largest observation. The octave buckets are in other blocks.
 */

import { CELLS } from './octave';
import type { Handle } from './handle';

/** Indexes of the cells in a block. */
export const enum Cell {
  Count = 1,
  Sum = 2,
  /** The first sub-window. */
  SubWindows = 4,
}

/** Indexes of the cells in a sub-window. */
export const enum SubWindow {
  Number = 0,
  Zeros = 1,
  Min = 2,
  Max = 3,
  /** Number of cells in a sub-window. */
  Cells = 4,
}

/** Number of cells in a block besides those of the sub-windows. */
export const OTHERS = 5;
/** The maximum of sub-windows; a window that is configured with more gets this number. */
export const MOST_SUB_WINDOWS = 64;

/** Indexes of a summary's options in the numbers of its shape. Percentiles come last: see `quantile/summary.rs`. */
export const enum Option {
  Length = 0,
  SubWindows = 1,
  Prune = 2,
  Percentiles = 3,
}

/** A summary's time window. */
export interface Window {
  /** Length of a sub-window in milliseconds. */
  readonly length: number;
  readonly subWindows: number;
}

/** Returns the window in a shape's numbers; null if there is none. */
export function windowOf(numbers: readonly number[]): Window | null {
  const length = numbers[Option.Length]!;
  return length > 0 ? { length, subWindows: numbers[Option.SubWindows]! } : null;
}

/** Returns a summary's options as the numbers of its shape. */
export function summaryNumbers(
  window: Window | null,
  prune: boolean,
  percentiles: readonly number[],
): number[] {
  const { length, subWindows } = window ?? { length: 0, subWindows: 1 };
  return [length, subWindows, prune ? 1 : 0, ...percentiles];
}

/** Returns the index of the sub-window with this number, from 0 to `subWindows - 1`. */
export function subWindowOf(number: number, subWindows: number): number {
  return number - Math.floor(number / subWindows) * subWindows;
}

/** Begins a sub-window, in the cells of an earlier one. Called in the middle of an update. */
export function begin(h: Handle, index: number, number: number): void {
  const { cells } = h;
  const p = h.first + Cell.SubWindows + SubWindow.Cells * index;
  // If the writer dies before it stores the new number, readers skip the sub-window.
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

/** Returns the number of sub-windows of a block with this number of cells. */
export function subWindowsOf(cells: number): number {
  return (cells - OTHERS) / SubWindow.Cells;
}

/** Calls `visit` for each sub-window of a block, with the position of its first cell in the block and its index. */
export function eachSubWindow(cells: number, visit: (p: number, index: number) => void): void {
  for (let index = 0; index < subWindowsOf(cells); index++)
    visit(Cell.SubWindows + SubWindow.Cells * index, index);
}
