/** Observations of a histogram: the bucket of a value, and the stores that count it. */

import type { Handle } from './handle';

/**
 * The bounds of a histogram, and where the search of a value's bucket begins. Bounds need not be sorted, and the first
 * bound that is not below the value decides, so the search begins with the first bound. Only if the bounds are sorted
 * and the value is above the middle bound, the search begins after that bound. (A binary search takes three times as
 * long for a dozen bounds, because none of its branches is predictable.)
 */
export interface Scale {
  /** A typed array, so that V8 sees one kind of array in all histograms, whatever their bounds are. */
  readonly bounds: Float64Array;
  /** For values above this bound, the search begins at `start`. */
  readonly pivot: number;
  readonly start: number;
}

/** Prepares a histogram's bounds for the search. */
export function scaleOf(numbers: readonly number[]): Scale {
  const bounds = Float64Array.from(numbers);
  const middle = (bounds.length - 1) >> 1;
  const sorted = bounds.every((bound, k) => k === 0 || bounds[k - 1]! <= bound);
  if (!sorted || middle < 1) return { bounds, pivot: Infinity, start: 0 };
  return { bounds, pivot: bounds[middle]!, start: middle + 1 };
}

/** Returns the bucket of a value: the index of the first bound that is not below it, or the number of bounds. */
export function bucketOf({ bounds, pivot, start }: Scale, value: number): number {
  const n = bounds.length;
  let bucket = value > pivot ? start : 0;
  while (bucket < n && !(value <= bounds[bucket]!)) bucket++;
  return bucket;
}

/** Stores one observation; `kinds.ts` gives the reason for the order of the stores. */
export function record(h: Handle, scale: Scale, value: number): void {
  const { cells, first } = h;
  const n = scale.bounds.length;
  const bucket = bucketOf(scale, value);
  const sum = first + n + 2;
  const sequence = cells[first]! + 1;
  cells[sum + 1] = sequence;
  cells[first + 1 + bucket]! += 1;
  cells[sum]! += value;
  cells[first] = sequence;
}
