/** What a caller says of one event: prom-client's argument of `inc()` and `observe()` with exemplars. */

import { invalidLabelNames, labelText, type LabelText } from '../labels';
import type { LabelValues } from './types';

/** An increment with its exemplar. */
export interface IncreaseDataWithExemplar<T extends string> {
  labels?: LabelValues<T>;
  /** What to add; 1 if left out. */
  value?: number;
  /** Any labels, names and values together of at most 128 code points; no exemplar is recorded if left out. */
  exemplarLabels?: LabelValues<string>;
}

/** An observation with its exemplar. */
export interface ObserveDataWithExemplar<T extends string> {
  labels?: LabelValues<T>;
  value: number;
  /** How often the value is counted; once if left out. */
  count?: number;
  /** Any labels, names and values together of at most 128 code points; none is recorded if left out or empty. */
  exemplarLabels?: LabelValues<string>;
}

/** Most code points of an exemplar's label names and values together (OpenMetrics 1.0). */
const MOST_POINTS = 128;

/**
 * The labels of an exemplar as text.
 *
 * @throws RangeError if they are too long, Error for a name that no label can have
 */
export function exemplarText(labels: object): LabelText {
  let all = '';
  for (const [name, value] of Object.entries(labels) as [string, unknown][]) {
    all += `${name}${value as string}`;
  }
  // A code point has one or two units, so that a long text need not be taken apart.
  const tooLong =
    all.length > 2 * MOST_POINTS ||
    (all.length > MOST_POINTS && Array.from(all).length > MOST_POINTS);
  if (tooLong) throw new RangeError('Label set size must be smaller than 128 UTF-8 chars');
  for (const name of Object.keys(labels)) {
    // One such line would cost the reader the whole scrape.
    if (invalidLabelNames([name]).length > 0)
      throw new Error(`Invalid exemplar label name: ${name}`);
  }
  return labelText(labels);
}
