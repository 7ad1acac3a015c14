/** Which stores a user asks for, if stricter than the machine needs. */

import { Stores } from '../../native';

/** Values of `MPMETRICS_CELLS`. */
const NAMED: ReadonlyMap<string, Stores> = new Map([
  ['direct', Stores.Plain],
  ['ordered', Stores.Ordered],
  ['native', Stores.Native],
]);

/**
 * What the environment variable `MPMETRICS_CELLS` asks for: `direct` (if it is not set), `ordered` or `native`. If the
 * machine does not allow these, the stricter ones are used.
 *
 * @throws Error for another value
 */
export function storesAsked(): Stores {
  const value = process.env['MPMETRICS_CELLS'];
  if (value === undefined || value === '') return Stores.Plain;
  const stores = NAMED.get(value);
  if (stores !== undefined) return stores;
  throw new Error(
    `MPMETRICS_CELLS must be direct, ordered or native, and is ${JSON.stringify(value)}`,
  );
}
