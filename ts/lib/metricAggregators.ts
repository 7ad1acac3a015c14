/** `prom-client/lib/metricAggregators`. */

import type { Row } from '../exposition';
import { joining, type AggregatorFunction, type Combine } from '../metrics';

export { aggregators } from '../metrics';

/**
 * Makes a custom aggregator.
 *
 * @param combine computes one value from the rows of several processes with the same label set
 */
export function AggregatorFactory(combine: (rows: readonly Row[]) => number): AggregatorFunction {
  const value: Combine = (_, rows) => combine(rows);
  return joining(value, value, false);
}
