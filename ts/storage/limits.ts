/** The limits of a storage, and its warnings of refusals. */

import { warnOnce } from '../errors';
import { settings } from '../meeting';
import { Refusal, REFUSALS } from '../native';

/** The maximum of series, or of octaves of summaries, in one call of the native module. */
export const MOST_AT_ONCE = 128;

/** Limits on series and label values. */
export interface Limits {
  /** Maximum number of series of all metrics. */
  readonly series: number;
  /** Maximum number of series of one metric. */
  readonly familySeries: number;
  /** Maximum length of a label's value, in bytes of UTF-8. */
  readonly labelBytes: number;
}

/** The limits of memory storage: those that are configured, or the heap's defaults. */
export function memoryLimits(): Limits {
  return {
    series: settings.maxSeries ?? 1_000_000,
    familySeries: settings.maxSeriesPerMetric ?? 250_000,
    labelBytes: settings.maxLabelValueBytes ?? 8_192,
  };
}

/** True if the reason of a refusal applies to every other new series, too. */
export function concernsAll(refusal: Refusal): boolean {
  return refusal !== Refusal.LabelValue && refusal !== Refusal.Layout;
}

/** Warns, once for each reason, that new series are not recorded. */
export function warnOfRefusal(refusal: Refusal, place: string, name: string): void {
  const rest = `new ones are not recorded, but counted as dropped (the first was one of ${name})`;
  if (refusal === Refusal.Memory) {
    warnOnce('MPMETRICS_FULL', `${place} is full: the series it has go on, ${rest}`);
  } else {
    warnOnce('MPMETRICS_LIMIT', `${sentence(refusal, place)}: ${rest}`, REFUSALS[refusal]);
  }
}

function sentence(refusal: Refusal, place: string): string {
  switch (refusal) {
    case Refusal.Series:
      return `${place} has as many series as configure({ maxSeries }) allows, and they go on`;
    case Refusal.FamilySeries:
      return `a metric in ${place} has as many series as configure({ maxSeriesPerMetric }) allows, and they go on`;
    case Refusal.LabelValue:
      return `series have label values that are longer than configure({ maxLabelValueBytes }) allows in ${place}`;
    case Refusal.Text:
      return `${place} has as much label text as configure({ maxTextBytes }) allows, and its series go on`;
    case Refusal.Busy:
      return `the lock of ${place} is held by a process that is stopped or slow, and as many new series wait for it as may`;
    default:
      return `${place} has no room for another metric, process or set of default labels, or none for a series with so much label text or so many buckets`;
  }
}
