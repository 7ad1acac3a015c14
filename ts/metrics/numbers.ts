/** The numbers that updates are given, and what is said of others: in prom-client's words, on which its users match. */

import { format } from 'util';

/** A roster, as far as it says which metric it is of. */
interface Named {
  readonly shape: { readonly name: string };
}

/**
 * The count that a caller gave.
 *
 * @param count what is no number is passed over, as prom-client passes over it: 1
 * @param of the metric that was given it
 * @throws TypeError for a number that is no whole number from 0 on, or too large to be exact
 */
export function timesOf(count: unknown, of: Named): number {
  if (typeof count !== 'number') return 1;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new TypeError(
    `Count is not a whole number from 0 on: ${format(count)}, for metric ${of.shape.name}`,
  );
}

/** The error for what is no number, or none that may be given: prom-client's text, and behind it whose it was. */
export function invalid(what: 'Value' | 'Delta', value: unknown, of: Named): TypeError {
  return new TypeError(
    `${what} is not a valid number: ${format(value)}, for metric ${of.shape.name}`,
  );
}
