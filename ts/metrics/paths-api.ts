/** The public interface of metrics whose labels are chosen step by step. */

import type { LabelArgument, LabelValues } from './values';

/* eslint-disable @typescript-eslint/no-explicit-any -- as in api.ts: members that prom-client does not declare */
/** Methods of a child that choose further labels: {@link ChoosesLabels}. */
export interface MayChooseLabels {
  /** Returns the metric with further labels chosen. */
  labels?: any;
  /** Removes the series of the chosen labels. */
  remove?: any;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Methods of a child, which is a metric with some or all of its labels chosen. */
export interface ChoosesLabels<T extends string, Child> {
  /**
   * Returns the metric with further labels chosen, in addition to those of this child.
   *
   * @param labels a label object, whose values replace those that were chosen before; or values as separate arguments:
   *   either one for each label that is not chosen yet, or one for each such label that has no default value
   * @throws Error if the number of values is wrong, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): Child;
  labels(...values: LabelArgument[]): Child;
  /** Removes the series of the chosen labels: calls the metric's `remove()` with them. */
  remove(): void;
}
