/** The environment variable by which a user chooses stricter stores to cells than the machine needs. */

import { Stores } from '../../native';

/** Values of `MPMETRICS_CELLS`. */
const NAMED: ReadonlyMap<string, Stores> = new Map([
  ['direct', Stores.Plain],
  ['ordered', Stores.Ordered],
  ['native', Stores.Native],
]);

/**
 * Returns the stores that the environment variable `MPMETRICS_CELLS` asks for: `direct` (also if it is not set),
 * `ordered` or `native`. The caller ignores this choice if the machine needs stricter stores.
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
