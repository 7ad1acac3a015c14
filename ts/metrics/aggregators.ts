/** prom-client's `aggregators`: several processes' JSON of one metric, made into one. */

import { inspect } from 'util';

import { AGGREGATORS } from '../meeting';
import { WRITER_LABELS, type MetricType } from '../storage';
import { first, joining, sum, type AggregatorFunction } from './joining';
import type { GaugeAggregator } from './values';

export type { AggregatorFunction } from './joining';

/**
 * The functions by the name that a metric's `aggregator` says. The sum, the count and the buckets of histograms
 * and summaries are added whatever it says, and quantiles are those of the mixture. Rows of `all` have labels that
 * keep them apart; of `mostrecent` the last is taken, because prom-client's JSON has no time in it; of `shared` too,
 * because all are one.
 */
export const aggregators: Record<GaugeAggregator, AggregatorFunction> = {
  sum: joining(sum, sum),
  first: joining(first, first),
  omit: () => undefined,
  average: joining((values) => sum(values) / values.length, sum),
  min: joining((values) => values.reduce((least, value) => Math.min(least, value), Infinity), sum),
  max: joining((values) => values.reduce((most, value) => Math.max(most, value), -Infinity), sum),
  all: joining(sum, sum),
  mostrecent: joining((values) => values.at(-1)!, sum),
  shared: joining((values) => values.at(-1)!, sum),
};

/** Aggregators that say something of gauges only: prom-client's six are accepted for every type. */
const OF_GAUGES: readonly unknown[] = ['all', 'mostrecent', 'shared'];

/** What the names of this library's own figures begin with, which native code puts into a scrape. */
export const FIGURE = 'mpmetrics:';

/** Whether a gauge may be given this. */
export function isGaugeAggregator(name: unknown): name is GaugeAggregator {
  return (AGGREGATORS as readonly unknown[]).includes(name);
}

/**
 * Checks what a metric is to do with the parts of several processes.
 *
 * @param aggregator undefined and null are `sum`
 * @throws TypeError for a name that there is not: prom-client accepts it, and its cluster registry then fails at
 *   every scrape; Error for what is for gauges only, and for a label that the aggregator gives itself
 */
export function validateAggregator(
  type: MetricType,
  aggregator: unknown,
  labelNames: readonly string[],
): void {
  if (aggregator === undefined || aggregator === null) return;
  if (!isGaugeAggregator(aggregator)) {
    if (typeof aggregator === 'string' && aggregator.startsWith(FIGURE)) return;
    throw new TypeError(
      `aggregator must be one of ${AGGREGATORS.join(', ')}, and is ${inspect(aggregator)}`,
    );
  }
  if (!OF_GAUGES.includes(aggregator)) return;
  if (type !== 'gauge') {
    throw new Error(`aggregator '${aggregator}' is for gauges, and this is a ${type}`);
  }
  const taken = takenLabel(aggregator, labelNames);
  if (taken !== undefined) {
    throw new Error(`aggregator 'all' gives a label "${taken}", so labelNames must not have it`);
  }
}

/** A label that the aggregator gives and the metric has; undefined if there is none. */
export function takenLabel(
  aggregator: GaugeAggregator,
  labelNames: readonly string[],
): string | undefined {
  if (aggregator !== 'all') return undefined;
  return labelNames.find((name) => WRITER_LABELS.includes(name));
}
