/** Joins several processes' JSON of one metric, row by row. */

import type { ExemplarRow, MetricRows, Row, RowLabels } from '../exposition';
import { mixedQuantile, type WeightedQuantiles } from './mixture';

/** Joins several processes' JSON of one metric; returns undefined to leave the metric out. */
export type AggregatorFunction = (metrics: readonly MetricRows[]) => MetricRows | undefined;

/** Makes one value of the values in the rows of one label set. Called with at least one row. */
export type Combine = (values: readonly number[], rows: readonly Row[]) => number;

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export const first: Combine = (values) => values[0]!;

/** A row, and the index of its process. */
interface Given {
  readonly row: Row;
  readonly from: number;
}

/**
 * Makes a function that joins several processes' JSON of a metric: rows with the same name and label set become one.
 *
 * @param combine joins values of counters and gauges
 * @param add joins sums, counts and buckets of histograms and summaries
 * @param mixes whether quantiles of summaries are those of the mixture; otherwise `add` joins them
 */
export function joining(
  combine: Combine,
  add: Combine,
  mixes: boolean = add !== first,
): AggregatorFunction {
  return (metrics) => {
    const newest = metrics[0];
    if (newest === undefined) return undefined;
    const { help, name, type, aggregator } = newest;
    const compound = type === 'histogram' || type === 'summary';
    const groups = new Map<string, Given[]>();
    metrics.forEach(({ values }, from) => {
      for (const row of values ?? []) push(groups, identity(row), { row, from });
    });
    if (type === 'histogram') keepCommonBounds(groups);
    const quantiles = type === 'summary' && mixes ? quantilesOf(metrics) : null;
    const values = Array.from(groups.values(), (given): Row => {
      const { metricName } = given[0]!.row;
      const labels =
        type === 'histogram' ? reviveBound(given[0]!.row.labels) : given[0]!.row.labels;
      const rows = given.map(({ row }) => row);
      const numbers = rows.map((row) => numberOf(row.value));
      const value =
        quantiles !== null && isQuantile(given[0]!.row)
          ? quantiles(given[0]!.row)
          : (compound ? add : combine)(numbers, rows);
      const joined: Row = { value, labels };
      if (metricName) joined.metricName = metricName;
      const exemplar = latestExemplar(given);
      if (exemplar !== null) joined.exemplar = exemplar;
      return joined;
    });
    return { help, name, type, values, aggregator };
  };
}

/** Returns NaN for null. JSON has null in place of NaN and the infinities, and prom-client adds this null as 0. */
function numberOf(value: unknown): number {
  return value === null || value === undefined ? NaN : (value as number);
}

/** Replaces a bound of null by Infinity, for which JSON has null. */
function reviveBound(labels: RowLabels): RowLabels {
  return labels['le'] === null ? { ...labels, le: Infinity } : labels;
}

/**
 * Removes buckets that not all processes with the same label set have. If the processes run two versions of an
 * application, which have different bounds, the rows would not be cumulative otherwise.
 */
function keepCommonBounds(groups: Map<string, Given[]>): void {
  const sets = new Map<string, Set<number>>();
  const base = ({ metricName, labels }: Row): string =>
    identity({ metricName, labels: without(labels, 'le') });
  for (const given of groups.values()) {
    if (given[0]!.row.labels['le'] === undefined) continue;
    for (const { row, from } of given) {
      const key = base(row);
      const processes = sets.get(key) ?? new Set();
      sets.set(key, processes.add(from));
    }
  }
  for (const [key, given] of groups) {
    const { row } = given[0]!;
    if (row.labels['le'] === undefined) continue;
    if (new Set(given.map(({ from }) => from)).size < sets.get(base(row))!.size) groups.delete(key);
  }
}

/** Returns a function that computes a row's quantile over all processes, from the row's label set and rank. */
function quantilesOf(metrics: readonly MetricRows[]): (row: Row) => number {
  const summaries = new Map<string, WeightedQuantiles[]>();
  for (const { name, values } of metrics) {
    const points = new Map<string, [number, number][]>();
    const counts = new Map<string, number>();
    for (const row of values ?? []) {
      if (isQuantile(row)) {
        push(points, setOf(row), [Number(row.labels['quantile']), numberOf(row.value)]);
      } else if (row.metricName === `${name}_count`) {
        counts.set(setOf(row), numberOf(row.value));
      }
    }
    // Every known version of prom-client has a count. Without it, a process has the weight 1.
    for (const [key, known] of points)
      push(summaries, key, { count: counts.get(key) ?? 1, points: known });
  }
  return (row) => {
    const value = mixedQuantile(summaries.get(setOf(row)) ?? [], Number(row.labels['quantile']));
    // Nothing was observed: keeps the value that a summary shows then.
    return Number.isNaN(value) ? numberOf(row.value) : value;
  };
}

function isQuantile({ metricName, labels }: Row): boolean {
  return !metricName && labels['quantile'] !== undefined;
}

/** Returns the label set of a summary's row as text, without the label `quantile`. */
function setOf({ labels }: Row): string {
  return identity({ labels: without(labels, 'quantile') });
}

function latestExemplar(given: readonly Given[]): ExemplarRow | null {
  let latest: ExemplarRow | null = null;
  // prom-client's JSON may leave the time out.
  const time = ({ timestamp }: Partial<ExemplarRow>): number => timestamp ?? 0;
  for (const { row } of given) {
    const { exemplar } = row;
    if (!exemplar) continue;
    if (latest === null || time(exemplar) > time(latest)) latest = exemplar;
  }
  return latest;
}

/** Returns a text that is the same for rows of one name and label set. Ignores labels that are undefined. */
function identity({ metricName, labels }: Pick<Row, 'metricName' | 'labels'>): string {
  const given = Object.entries(labels ?? {}).filter(([, value]) => value !== undefined);
  const sorted = given.map(([name, value]) => [name, `${value as number}`]).sort(byName);
  return JSON.stringify([metricName ?? null, sorted]);
}

function without(labels: RowLabels, name: string): RowLabels {
  return Object.fromEntries(Object.entries(labels).filter(([one]) => one !== name));
}

function push<V>(lists: Map<string, V[]>, key: string, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function byName([a]: string[], [b]: string[]): number {
  return a! < b! ? -1 : 1;
}
