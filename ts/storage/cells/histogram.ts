/** Observations of a histogram: the bucket of a value, and the stores that count it. */

import type { Handle } from './handle';

/**
 * The bounds of a histogram, with where to begin the search. They need not be sorted, and the first one that fits
 * counts, so the search begins with the first; but if they are sorted and the value is above the middle one, with the
 * middle. (A binary search takes three times as long for a dozen bounds, because none of its branches is predictable.)
 */
export interface Scale {
  /** One kind of array for all histograms, whatever numbers they have. */
  readonly bounds: Float64Array;
  /** Values above this one are searched from `start` on. */
  readonly pivot: number;
  readonly start: number;
}

/** The bounds of a histogram, prepared for the search. */
export function scaleOf(numbers: readonly number[]): Scale {
  const bounds = Float64Array.from(numbers);
  const middle = (bounds.length - 1) >> 1;
  const sorted = bounds.every((bound, k) => k === 0 || bounds[k - 1]! <= bound);
  if (!sorted || middle < 1) return { bounds, pivot: Infinity, start: 0 };
  return { bounds, pivot: bounds[middle]!, start: middle + 1 };
}

/** The bucket of a value: the first bound that is not below it. */
export function bucketOf({ bounds, pivot, start }: Scale, value: number): number {
  const n = bounds.length;
  let bucket = value > pivot ? start : 0;
  while (bucket < n && !(value <= bounds[bucket]!)) bucket++;
  return bucket;
}

/** One observation; see `kinds.ts` for the order of the stores. */
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
