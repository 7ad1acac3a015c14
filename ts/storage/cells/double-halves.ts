/** A double and its two halves of 32 bits, one of which comes first in memory: which one depends on the processor. */

/** 0 where the lower half comes first, else 1. */
const LOWER = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 0 : 1;

/** Store the double here. */
export const double: Float64Array = new Float64Array(1);
/** The lower 32 bits of {@link double}, signed. */
export const lower: Int32Array = new Int32Array(double.buffer, 4 * LOWER, 1);
/** The upper 32 bits of {@link double}, signed. */
export const upper: Int32Array = new Int32Array(double.buffer, 4 - 4 * LOWER, 1);
