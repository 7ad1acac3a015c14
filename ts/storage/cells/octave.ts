/**
 * Logarithmic buckets of base 2^(1/32): from a value to its bucket and back. The same as
 * `crates/mpmetrics-core/src/quantile/octave.rs`, whose comments give the reasons. When a heap is opened, the bounds of
 * both are compared.
 *
 * An octave o covers the magnitudes in (2^o, 2^(o+1)]; its number is o + 1075, and 4096 more for negative values. It
 * has 32 buckets. A bucket includes its upper bound and excludes its lower one.
 */

import { double, lower, upper } from './double-halves';

/** Buckets in an octave. */
export const CELLS = 32;
/** The maximum of octaves that a series keeps; a value outside of them counts in the nearest bucket. */
export const KEPT = 64;
/** Added to the number of an octave of negative values. */
export const NEGATIVE = 4096;
/**
 * An octave's number minus the exponent field of a value in it. The field is read after the value was decreased by one
 * unit in the last place, because an octave includes its upper limit.
 */
export const FIELD = 52;

const BIAS = 1075;
const SLICES = 64;
const HIGH = 2 ** 32;

/** The bounds of an octave's buckets divided by the octave's lower limit, from 1 to 2. */
export const octaveBounds: Float64Array = Float64Array.from({ length: CELLS + 1 }, (_, number) => {
  // Square roots and products have the same bits in all implementations; Math.pow has not.
  let root = 2;
  let bound = 1;
  for (let bit = 16; bit >= 1; bit /= 2) {
    root = Math.sqrt(root);
    if ((number & bit) !== 0) bound *= root;
  }
  return number === CELLS ? 2 : bound;
});

/** For each of 64 equally wide slices of an octave: the number of the bucket in which the slice begins. */
export const begins: Uint8Array = new Uint8Array(SLICES);
/** The upper 20 bits of the mantissa at which the next bucket begins; 2^20 if no bucket begins in the slice. */
export const nextHigh: Int32Array = new Int32Array(SLICES).fill(1 << 20);
/** The lower 32 bits of that mantissa. */
export const nextLow: Uint32Array = new Uint32Array(SLICES);

for (let number = 1; number < CELLS; number++) {
  double[0] = octaveBounds[number]!;
  const high = upper[0]! & 0xf_ffff;
  const slice = high >> 14;
  nextHigh[slice] = high;
  nextLow[slice] = lower[0]!;
  begins.fill(number, slice + 1);
}

/** The bucket of a finite value other than zero: 32 times the octave's number, plus the bucket's number in it. */
export function bucketOf(value: number): number {
  let lifted = 0;
  let magnitude = Math.abs(value);
  if (magnitude <= 2 ** -1022) {
    magnitude *= 2 ** 54;
    lifted = 54;
  }
  double[0] = magnitude;
  const low = (lower[0]! - 1) >>> 0;
  const high = upper[0]! - (lower[0] === 0 ? 1 : 0);
  const mantissa = high & 0xf_ffff;
  const slice = mantissa >> 14;
  const beyond = mantissa * HIGH + low >= nextHigh[slice]! * HIGH + nextLow[slice]!;
  const octave = (high >>> 20) + FIELD - lifted + (value < 0 ? NEGATIVE : 0);
  return octave * CELLS + begins[slice]! + (beyond ? 1 : 0);
}

/** The value whose relative distance to both ends of a bucket is the same. */
export function middleOf(octave: number, cell: number): number {
  const lower = octaveBounds[cell]!;
  const upper = octaveBounds[cell + 1]!;
  const factor = (2 * lower * upper) / (lower + upper);
  const exponent = (octave % NEGATIVE) - BIAS;
  // Multiplies in two steps, because the power of two alone may be denormal.
  const magnitude =
    exponent < -900 ? factor * 2 ** (exponent + 200) * 2 ** -200 : factor * 2 ** exponent;
  return octave >= NEGATIVE ? -magnitude : magnitude;
}
