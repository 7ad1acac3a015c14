/** Bounds for histograms. */

/**
 * Bounds at equal distances.
 *
 * @param start the first
 * @param width the distance
 * @param count how many
 * @throws Error if count is less than 1
 */
export function linearBuckets(start: number, width: number, count: number): number[] {
  if (count < 1) throw new Error('Linear buckets needs a positive count');
  return Array.from({ length: count }, (_, i) => start + i * width);
}

/**
 * Bounds of which each is a multiple of the one before.
 *
 * @param start the first, above 0
 * @param factor above 1
 * @param count how many
 * @throws Error if an argument is out of its range
 */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  if (start <= 0) throw new Error('Exponential buckets needs a positive start');
  if (count < 1) throw new Error('Exponential buckets needs a positive count');
  if (factor <= 1) throw new Error('Exponential buckets needs a factor greater than 1');
  const buckets: number[] = [];
  // Multiplied step by step, not by a power: the bounds are to be the very floats of prom-client.
  for (let bound = start; buckets.length < count; bound *= factor) buckets.push(bound);
  return buckets;
}
