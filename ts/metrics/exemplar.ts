/** The labels that a caller gives to an exemplar. */

import { invalidLabelNames, labelText, type LabelText } from '../labels';

/** The maximum of code points in an exemplar's label names and values together (OpenMetrics 1.0). */
const MOST_POINTS = 128;

/**
 * Returns the labels of an exemplar as text.
 *
 * @throws RangeError if they are too long, Error for an invalid label name
 */
export function exemplarText(labels: object): LabelText {
  let all = '';
  for (const [name, value] of Object.entries(labels) as [string, unknown][]) {
    all += `${name}${value as string}`;
  }
  // A code point has one or two UTF-16 units, so a text of more than twice the maximum need not be split.
  const tooLong =
    all.length > 2 * MOST_POINTS ||
    (all.length > MOST_POINTS && Array.from(all).length > MOST_POINTS);
  if (tooLong) throw new RangeError('Label set size must be smaller than 128 UTF-8 chars');
  for (const name of Object.keys(labels)) {
    // A Prometheus server would refuse the whole scrape because of one such name.
    if (invalidLabelNames([name]).length > 0)
      throw new Error(`Invalid exemplar label name: ${name}`);
  }
  return labelText(labels);
}
