/**
 * Checks the numbers in updates. The message for a value or delta begins with prom-client's message, because users
 * compare the two; prom-client has none for a count.
 */

import { format } from 'util';

/** The part of a roster that has the metric's name. */
interface Named {
  readonly shape: { readonly name: string };
}

/**
 * Returns how many times an update counts its value.
 *
 * @param count the caller's count; anything but a number is ignored, as by prom-client, and means 1
 * @param of the roster of the updated metric
 * @throws TypeError for a number that is no whole number from 0 on, or that is too large to be exact
 */
export function timesOf(count: unknown, of: Named): number {
  if (typeof count !== 'number') return 1;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new TypeError(
    `Count is not a whole number from 0 on: ${format(count)}, for metric ${of.shape.name}`,
  );
}

/** Makes the error for an invalid number, with prom-client's message, followed by the name of the metric. */
export function invalid(what: 'Value' | 'Delta', value: unknown, of: Named): TypeError {
  return new TypeError(
    `${what} is not a valid number: ${format(value)}, for metric ${of.shape.name}`,
  );
}
