/** Checks of the numbers in updates, with prom-client's messages, with which its users compare. */

import { format } from 'util';

/** A roster, as far as it has the name of its metric. */
interface Named {
  readonly shape: { readonly name: string };
}

/**
 * The count that a caller gave.
 *
 * @param count 1 if it is no number, which prom-client ignores, too
 * @param of the metric whose update has it
 * @throws TypeError for a number that is no whole number from 0 on, or too large to be exact
 */
export function timesOf(count: unknown, of: Named): number {
  if (typeof count !== 'number') return 1;
  if (Number.isSafeInteger(count) && count >= 0) return count;
  throw new TypeError(
    `Count is not a whole number from 0 on: ${format(count)}, for metric ${of.shape.name}`,
  );
}

/** The error for an invalid number: prom-client's message, followed by the name of the metric. */
export function invalid(what: 'Value' | 'Delta', value: unknown, of: Named): TypeError {
  return new TypeError(
    `${what} is not a valid number: ${format(value)}, for metric ${of.shape.name}`,
  );
}
