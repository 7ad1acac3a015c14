/** prom-client's `aggregators`: several processes' JSON of one metric, made into one. */

import type { MetricRows, Row } from '../exposition';
import { WRITER_LABELS, type MetricType } from '../storage';
import type { GaugeAggregator } from './types';

/** Makes one metric of the same metric of several processes; undefined to leave it out. */
export type AggregatorFunction = (metrics: readonly MetricRows[]) => MetricRows | undefined;

/**
 * The functions by the name that a metric's `aggregator` says. Rows of `all` have labels that keep them apart; of
 * `mostrecent` the last is taken, because prom-client's JSON has no time in it.
 */
export const aggregators: Record<GaugeAggregator, AggregatorFunction> = {
  sum: aggregator((rows) => rows.reduce((sum, { value }) => sum + value, 0)),
  first: aggregator((rows) => rows[0]!.value),
  omit: () => undefined,
  average: aggregator((rows) => rows.reduce((sum, { value }) => sum + value, 0) / rows.length),
  min: aggregator((rows) => rows.reduce((min, { value }) => Math.min(min, value), Infinity)),
  max: aggregator((rows) => rows.reduce((max, { value }) => Math.max(max, value), -Infinity)),
  all: aggregator((rows) => rows.reduce((sum, { value }) => sum + value, 0)),
  mostrecent: aggregator((rows) => rows.at(-1)!.value),
};

/** Aggregators that say something of gauges only: prom-client's six are accepted for every type. */
const OF_GAUGES: readonly unknown[] = ['all', 'mostrecent'];

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

function aggregator(combine: (rows: readonly Row[]) => number): AggregatorFunction {
  return (metrics) => {
    const first = metrics[0];
    if (first === undefined) return undefined;
    const groups = new Map<string, Row[]>();
    for (const row of metrics.flatMap(({ values }) => values)) {
      const key = identity(row);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [row]);
      else group.push(row);
    }
    const { help, name, type } = first;
    const values = Array.from(groups.values(), (rows): Row => {
      const { labels, metricName } = rows[0]!;
      const row: Row = { value: combine(rows), labels };
      if (metricName) row.metricName = metricName;
      return row;
    });
    return { help, name, type, values, aggregator: first.aggregator };
  };
}

/** Rows are one if they have the same name and the same set of labels; undefined ones do not count. */
function identity({ metricName, labels }: Row): string {
  const given = Object.entries(labels).filter(([, value]) => value !== undefined);
  const sorted = given.map(([name, value]) => [name, `${value as number}`]).sort(byName);
  return JSON.stringify([metricName ?? null, sorted]);
}

function byName([a]: string[], [b]: string[]): number {
  return a! < b! ? -1 : 1;
}
