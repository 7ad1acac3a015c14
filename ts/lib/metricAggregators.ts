/** `prom-client/lib/metricAggregators`. */

import type { Row } from '../exposition';
import { joining, type AggregatorFunction } from '../metrics';

export { aggregators } from '../metrics';

/**
 * Makes an aggregator of one's own.
 *
 * @param combine makes one value of the rows that several processes have for one label set
 */
export function AggregatorFactory(
  combine: (rows: { value: number }[]) => number,
): AggregatorFunction {
  const values = (numbers: readonly number[]): number =>
    combine(numbers.map((value): Pick<Row, 'value'> => ({ value })));
  return joining(values, values);
}
