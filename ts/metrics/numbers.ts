/** The numbers that updates are given, and what is said of others: in prom-client's words, on which its users match. */

import { format } from 'util';

/**
 * The count that a caller gave.
 *
 * @param count what is no number is passed over, as prom-client passes over it: 1
 * @throws TypeError for a number that is no whole number from 0 on, or too large to be exact
 */
export function timesOf(count: unknown): number {
  if (typeof count !== 'number') return 1;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new TypeError(`Count is not a whole number from 0 on: ${format(count)}`);
}

/** The error for what is no number, or none that may be given. */
export function invalid(what: 'Value' | 'Delta', value: unknown): TypeError {
  return new TypeError(`${what} is not a valid number: ${format(value)}`);
}
