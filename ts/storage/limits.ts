/** The limits of a storage, and its warnings of refusals. */

import { warnOnce } from '../errors';
import { configured } from '../meeting';
import { Refusal, REFUSALS } from '../native';
import type { Shape } from './cells/kind';

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
  const { maxSeries, maxSeriesPerMetric, maxLabelValueBytes } = configured();
  return {
    series: maxSeries ?? 1_000_000,
    familySeries: maxSeriesPerMetric ?? 250_000,
    labelBytes: maxLabelValueBytes ?? 8_192,
  };
}

/** True if the reason of a refusal applies to every other new series of the metric, too. */
export function concernsAll(refusal: Refusal): boolean {
  return refusal !== Refusal.LabelValue && refusal !== Refusal.Layout;
}

/** The end of each warning. */
const EXISTING = 'Existing series are updated as before';

/** The metric of which a series was refused. */
type Refused = Pick<Shape, 'name' | 'maxSeries' | 'overflows'>;

/** Warns, once for each reason, that series are refused; for a metric with a limit of its own, once for that metric. */
export function warnOfRefusal(
  refusal: Refusal,
  place: string,
  { name, maxSeries, overflows = false }: Refused,
): void {
  const fate = overflows
    ? 'updates of refused series are counted together in one series'
    : 'updates of refused series are not recorded, but counted as dropped';
  if (refusal === Refusal.FamilySeries && maxSeries !== undefined) {
    const most = `${name} has as many series as its maxSeries allows (${maxSeries})`;
    warnOnce('MPMETRICS_LIMIT', `${most}: ${fate}. ${EXISTING}`, `${REFUSALS[refusal]} ${name}`);
    return;
  }
  const rest = `${fate} (the first refused series was one of ${name}). ${EXISTING}`;
  if (refusal === Refusal.Memory) {
    warnOnce('MPMETRICS_FULL', `${place} is full: ${rest}`);
  } else {
    warnOnce('MPMETRICS_LIMIT', `${sentence(refusal, place)}: ${rest}`, REFUSALS[refusal]);
  }
}

function sentence(refusal: Refusal, place: string): string {
  switch (refusal) {
    case Refusal.Series:
      return `${place} has as many series as configure({ maxSeries }) allows`;
    case Refusal.FamilySeries:
      return `a metric in ${place} has as many series as configure({ maxSeriesPerMetric }) allows`;
    case Refusal.LabelValue:
      return `series have label values that are longer than configure({ maxLabelValueBytes }) allows in ${place}`;
    case Refusal.Text:
      return `${place} has as much label text as configure({ maxTextBytes }) allows`;
    case Refusal.Busy:
      return `the lock of ${place} is held by a process that is stopped or slow, and no more new series may wait for it`;
    default:
      return `${place} has no room for another metric, process or set of default labels, or for a series with so much label text or so many buckets`;
  }
}
