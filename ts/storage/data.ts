/** What is recorded and read, as data: families, their series, exemplars. */

import type { LabelText, Pair } from '../labels';
import type { MetricType } from './cells/kind';

/** A family as it was read. */
export interface FamilyData {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly aggregator: string;
  /** A histogram's bounds; the quantiles of a summary's values. */
  readonly numbers: readonly number[];
  readonly series: readonly SeriesData[];
  /** Whether the metric records exemplars, where that is known. */
  readonly exemplars?: boolean | undefined;
}

/** A label set as it was read: names with unescaped values, and `types` as in {@link LabelText}. */
export interface LabelData {
  readonly labels: readonly Pair[];
  readonly types: string;
}

/** A series as it was read. */
export interface SeriesData extends LabelData {
  /** Default labels of the process that made it. */
  readonly defaults: LabelData | null;
  /**
   * Counter and gauge: the value; of a gauge that shows the part that was set last, also when that was, in milliseconds
   * of Unix time. Histogram: sum, then the count of each bucket by itself, last the one above all bounds. Summary: sum,
   * count, quantiles.
   */
  readonly values: readonly number[];
  /** The latest exemplar of each place that has one; left out for none. */
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
  /** 0 for a counter; else the bucket in configured order, the one above all bounds last. */
  readonly bucket: number;
  /** What was added or observed. */
  readonly value: number;
  /** Unix time in seconds. */
  readonly time: number;
  readonly label: LabelText;
}
