/** A hash for names. */

/** The numbers of FNV-1a with 128 bits (http://www.isthe.com/chongo/tech/comp/fnv/). */
const START = 0x6c62272e07bb014262b821756295c58dn;
const PRIME = 0x0000000001000000000000000000013bn;

/**
 * Returns a hash of a text, for names. It is not cryptographic, because no user chooses texts so that their hashes are
 * equal, and because loading Node.js' `crypto` would take a tenth of the time in which this package starts.
 *
 * @returns 32 hexadecimal digits
 */
export function digest(text: string): string {
  let hash = START;
  for (const byte of new TextEncoder().encode(text)) {
    hash = BigInt.asUintN(128, (hash ^ BigInt(byte)) * PRIME);
  }
  return hash.toString(16).padStart(32, '0');
}
