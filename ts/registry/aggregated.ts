/** Groups metrics by name, and finds the function that joins the metrics of one name. */

import type { MetricRows } from '../exposition';
import { aggregators, type AggregatorFunction } from '../metrics';

/** Groups metrics by name, in the order in which the names first occur. */
export function byName(metrics: Iterable<MetricRows>): MetricRows[][] {
  const groups = new Map<string, MetricRows[]>();
  for (const metric of metrics) {
    const group = groups.get(metric.name);
    if (group === undefined) groups.set(metric.name, [metric]);
    else group.push(metric);
  }
  return [...groups.values()];
}

/**
 * Returns the function that joins metrics of one name: that of the first metric's `aggregator`, or else the sum.
 *
 * @throws Error for a name that `aggregators` does not have, with prom-client's message
 */
export function aggregatorOf([metric]: readonly MetricRows[]): AggregatorFunction {
  const name = metric!.aggregator ?? 'sum';
  if (!Object.hasOwn(aggregators, name)) {
    throw new Error(`'${name}' is not a defined aggregator.`);
  }
  return aggregators[name as keyof typeof aggregators];
}
