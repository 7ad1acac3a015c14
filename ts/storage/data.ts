/** The data that storage records and reads: families, their series, exemplars. */

import type { LabelText, Pair } from '../labels';
import type { FamilyType } from './cells/kind';

/** A family as it was read. */
export interface FamilyData {
  readonly name: string;
  readonly help: string;
  readonly type: FamilyType;
  readonly aggregator: string;
  /** A histogram's bounds; the ranks of a summary's quantiles. */
  readonly numbers: readonly number[];
  /** The states of a state set; left out for other types. */
  readonly states?: readonly string[];
  readonly series: readonly SeriesData[];
  /** Whether the metric records exemplars; undefined if that is not known. */
  readonly exemplars?: boolean | undefined;
}

/** A label set as it was read: names with unescaped values, and `types` as in {@link LabelText}. */
export interface LabelData {
  readonly labels: readonly Pair[];
  readonly types: string;
}

/** A series as it was read. */
export interface SeriesData extends LabelData {
  /** Default labels of the processes that counted these values; null for none. */
  readonly defaults: LabelData | null;
  /**
   * - Counter and gauge: the value. A gauge that shows the part that was set last also has the Unix time of that update
   *   in milliseconds.
   * - Histogram: the sum, then the count of each bucket, not cumulative. The bucket above all bounds is the last.
   * - Summary: the sum, the count, the quantiles.
   * - State set: a number for each state. Info: 1.
   */
  readonly values: readonly number[];
  /** The latest exemplar of a counter, or of each bucket that has one; left out if there is none. */
  readonly exemplars?: readonly ExemplarData[] | undefined;
}

/** An exemplar as it was read. */
export interface ExemplarData extends LabelData {
  readonly bucket: number;
  readonly value: number;
  readonly time: number;
}

/** An exemplar as a metric records it. */
export interface Exemplar {
  /** 0 for a counter; otherwise the index of the bucket in configured order. The one above all bounds is the last. */
  readonly bucket: number;
  /** The number that was added or observed. */
  readonly value: number;
  /** Unix time in seconds. */
  readonly time: number;
  readonly label: LabelText;
}
