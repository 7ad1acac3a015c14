/** prom-client's `aggregators`: functions that join several processes' JSON of one metric. */

import { inspect } from 'util';

import { AGGREGATORS } from '../meeting';
import { WRITER_LABELS, type FamilyType } from '../storage';
import { first, joining, sum, type AggregatorFunction } from './joining';
import type { GaugeAggregator, StateAggregator } from './values';

export type { AggregatorFunction } from './joining';

/**
 * The functions by the name of a metric's `aggregator`. All except `first` and `omit` add the sums, counts and buckets
 * of histograms and summaries, and compute quantiles of the mixture (`mixture.ts`). For gauges only, except that state
 * sets, too, have `all` and `mostrecent`:
 *
 * - `all`: rows of different processes have different labels, which keep the rows apart
 * - `mostrecent`: takes the last row, because prom-client's JSON has no times
 * - `shared`: takes the last row, because all rows show the same value
 * - the Python client's names, `livesum` and so on: as the names without `live`
 *
 * For state sets only, which have a row for each state: `any`, `every` and `count`.
 */
export const aggregators: Record<GaugeAggregator | StateAggregator, AggregatorFunction> = {
  sum: joining(sum, sum),
  first: joining(first, first),
  omit: () => undefined,
  average: joining((values) => sum(values) / values.length, sum),
  min: joining(least, sum),
  max: joining(most, sum),
  all: joining(sum, sum),
  mostrecent: joining((values) => values.at(-1)!, sum),
  shared: joining((values) => values.at(-1)!, sum),
  livesum: joining(sum, sum),
  liveall: joining(sum, sum),
  livemin: joining(least, sum),
  livemax: joining(most, sum),
  livemostrecent: joining((values) => values.at(-1)!, sum),
  any: joining(most, sum),
  every: joining(least, sum),
  count: joining(sum, sum),
};

function least(values: readonly number[]): number {
  return values.reduce((one, other) => Math.min(one, other), Infinity);
}

function most(values: readonly number[]): number {
  return values.reduce((one, other) => Math.max(one, other), -Infinity);
}

/** Aggregators for gauges only; prom-client's six are accepted for every type. */
const OF_GAUGES: readonly unknown[] = AGGREGATORS.slice(AGGREGATORS.indexOf('all'));

/** The prefix of the `aggregator` of this library's own metrics, whose values native code adds to a scrape. */
export const FIGURE = 'mpmetrics:';

/** Whether a gauge may have this aggregator. */
export function isGaugeAggregator(name: unknown): name is GaugeAggregator {
  return (AGGREGATORS as readonly unknown[]).includes(name);
}

/**
 * Checks a metric's `aggregator`. State sets and infos check theirs themselves.
 *
 * @param aggregator undefined and null are `sum`
 * @throws TypeError for an unknown name (prom-client accepts it, and its cluster registry then fails at every scrape);
 *   Error for an aggregator of gauges on another type, and for a declared label that the aggregator itself adds
 */
export function validateAggregator(
  type: FamilyType,
  aggregator: unknown,
  labelNames: readonly string[],
): void {
  if (aggregator === undefined || aggregator === null) return;
  if (type === 'stateset' || type === 'info') return;
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
    throw new Error(
      `aggregator '${aggregator}' gives a label "${taken}", so labelNames must not have it`,
    );
  }
}

/** Returns a label that the aggregator adds although the metric declares it; undefined if there is none. */
export function takenLabel(
  aggregator: GaugeAggregator | StateAggregator,
  labelNames: readonly string[],
): string | undefined {
  if (aggregator !== 'all' && aggregator !== 'liveall') return undefined;
  return labelNames.find((name) => WRITER_LABELS.includes(name));
}
