/** The JSON of several processes, joined metric by metric. */

import type { MetricRows } from '../exposition';
import { aggregators, type AggregatorFunction } from '../metrics';

/** Metrics by name, in the order in which the names are met. */
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
 * The function that joins metrics of one name: the first one's `aggregator`, without one the sum.
 *
 * @throws Error for a name that prom-client does not know
 */
export function aggregatorOf([metric]: readonly MetricRows[]): AggregatorFunction {
  const name = metric!.aggregator ?? 'sum';
  if (!Object.hasOwn(aggregators, name)) {
    throw new Error(`'${name}' is not a defined aggregator.`);
  }
  return aggregators[name as keyof typeof aggregators];
}
