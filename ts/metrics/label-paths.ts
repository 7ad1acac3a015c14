/** Labels that are chosen step by step: `counter.labels({ a: '1' }).labels({ b: '2' })`. */

import { labelsOf } from '../labels';
import type { Roster } from '../storage';
import * as hidden from './hidden';

const ROSTER: typeof hidden.ROSTER = hidden.ROSTER;

/** A metric whose children choose further labels. */
export interface LabelledMetric {
  readonly labelNames: readonly string[];
  readonly [ROSTER]: Roster;
  labels(labels: object): unknown;
  remove(labels: object): void;
}

/**
 * Returns a metric's child with further labels.
 *
 * @param chosen the labels that are chosen already
 * @param args a label object, whose values replace those that were chosen before; or a value for each label that is not
 *   chosen yet, or for each of these without a default value
 * @throws Error if the number of values is wrong, and the errors of the metric's `labels()`
 */
export function furtherLabels(
  metric: LabelledMetric,
  chosen: object,
  args: readonly unknown[],
): unknown {
  const isOpen = (name: string): boolean =>
    (chosen as Record<string, unknown>)[name] === undefined || !Object.hasOwn(chosen, name);
  const open = metric.labelNames.filter(isOpen);
  const more = labelsOf(open, args, metric[ROSTER].undefaulted.filter(isOpen));
  return metric.labels({ ...chosen, ...more });
}
