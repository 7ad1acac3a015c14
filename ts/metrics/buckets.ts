/** Bounds for histograms. */

/**
 * Returns bounds at equal distances.
 *
 * @param start the first bound
 * @param width the distance between two bounds
 * @param count the number of bounds
 * @throws Error if count is less than 1, RangeError if it is no whole number
 */
export function linearBuckets(start: number, width: number, count: number): number[] {
  if (count < 1) throw new Error('Linear buckets needs a positive count');
  const buckets = new Array<number>(count);
  for (let i = 0; i < count; i++) buckets[i] = start + i * width;
  return buckets;
}

/**
 * Returns bounds, each of which is the previous bound times a factor.
 *
 * @param start the first bound, above 0
 * @param factor above 1
 * @param count the number of bounds
 * @throws Error if an argument is out of its range, RangeError if count is no whole number
 */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  if (start <= 0) throw new Error('Exponential buckets needs a positive start');
  if (count < 1) throw new Error('Exponential buckets needs a positive count');
  if (factor <= 1) throw new Error('Exponential buckets needs a factor greater than 1');
  // Multiplies step by step, and computes no powers, so that the bounds are exactly prom-client's floats.
  const buckets = new Array<number>(count);
  for (let i = 0, bound = start; i < count; i++, bound *= factor) buckets[i] = bound;
  return buckets;
}
