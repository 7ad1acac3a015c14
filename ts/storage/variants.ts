/**
 * Series that differ in nothing but the default labels of the processes that made them. Who shows a family
 * without those labels has to show them as one: a label set that is printed twice fails the whole scrape.
 */

import { threadId } from 'node:worker_threads';

import { newest } from './exemplars';
import type { FamilyData, LabelData, SeriesData } from './family';

/** The labels by which a gauge of mode `all` tells processes and worker threads apart. */
export const WRITER_LABELS: readonly string[] = ['pid', 'thread'];

/** A label set with this process, and the worker thread if it is one. */
export function writerLabels({ labels, types }: LabelData): LabelData {
  const more: [string, string][] = [['pid', String(process.pid)]];
  if (threadId !== 0) more.push(['thread', String(threadId)]);
  return {
    labels: [...labels, ...more],
    types: types === '' ? '' : types + 's'.repeat(more.length),
  };
}

/**
 * The family without default labels.
 *
 * @param adds true if parts of a series are added; else the family's aggregator says what becomes of them
 */
export function withoutDefaults(family: FamilyData, adds: boolean): FamilyData {
  if (family.series.every(({ defaults }) => defaults === null)) return family;
  const variants = new Map<string, SeriesData[]>();
  for (const one of family.series) {
    const key = JSON.stringify(one.labels.toSorted(byName));
    const same = variants.get(key);
    if (same === undefined) variants.set(key, [one]);
    else same.push(one);
  }
  const series: SeriesData[] = [];
  for (const same of variants.values()) {
    const values = joined(same, adds ? 'sum' : family.aggregator);
    const exemplars = newest(same.flatMap((one) => one.exemplars ?? []));
    if (values !== null) series.push({ ...same[0]!, defaults: null, values, exemplars });
  }
  return { ...family, series };
}

/** The values of several series as those of one; null to leave it out. */
function joined(series: readonly SeriesData[], aggregator: string): readonly number[] | null {
  const [first, ...others] = series.map(({ values }) => values);
  if (others.length === 0 || aggregator === 'first') return first!;
  if (aggregator === 'omit') return null;
  if (aggregator === 'mostrecent') {
    return others.reduce((last, one) => ((one[1] ?? 0) >= (last[1] ?? 0) ? one : last), first!);
  }
  return first!.map((value, i) => {
    const all = [value, ...others.map((values) => values[i]!)];
    if (aggregator === 'min') return Math.min(...all);
    if (aggregator === 'max') return Math.max(...all);
    const sum = all.reduce((total, one) => total + one, 0);
    return aggregator === 'average' ? sum / all.length : sum;
  });
}

function byName([a]: readonly string[], [b]: readonly string[]): number {
  return a! < b! ? -1 : 1;
}
