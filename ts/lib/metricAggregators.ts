/** `prom-client/lib/metricAggregators`. */

import type { Row } from '../exposition';
import { joining, type AggregatorFunction, type Combine } from '../metrics';

export { aggregators } from '../metrics';

/**
 * Makes an aggregator of one's own.
 *
 * @param combine makes one value of the rows that several processes have for one label set
 */
export function AggregatorFactory(combine: (rows: readonly Row[]) => number): AggregatorFunction {
  const value: Combine = (_, rows) => combine(rows);
  return joining(value, value, false);
}
