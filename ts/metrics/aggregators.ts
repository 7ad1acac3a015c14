/** prom-client's `aggregators`: several processes' JSON of one metric, made into one. */

import { WRITER_LABELS, type MetricType } from '../storage';
import { first, joining, sum, type AggregatorFunction } from './joining';
import type { GaugeAggregator } from './types';

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

/**
 * Checks what a metric is to do with the parts of several processes. prom-client accepts anything, and so does
 * this where nothing of ours is asked for.
 *
 * @throws Error for what is for gauges only, and for a label that the aggregator gives itself
 */
export function validateAggregator(
  type: MetricType,
  aggregator: unknown,
  labelNames: readonly string[],
): void {
  if (!OF_GAUGES.includes(aggregator)) return;
  if (type !== 'gauge') {
    throw new Error(`aggregator '${String(aggregator)}' is for gauges, and this is a ${type}`);
  }
  const taken = aggregator === 'all' && labelNames.find((name) => WRITER_LABELS.includes(name));
  if (taken) {
    throw new Error(`aggregator 'all' gives a label "${taken}", so labelNames must not have it`);
  }
}
