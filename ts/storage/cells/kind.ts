/**
 * The kinds of metrics in storage: how the cells of each lie in a block, and how they are copied, added and replaced.
 */

import type { BucketSource } from './octave-buckets';
import type { Path, Handle } from './handle';

/** The properties of a metric that storage needs. */
export interface Shape {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly aggregator: string;
  readonly labelNames: readonly string[];
  /**
   * Of a histogram, the upper bounds in configured order, without the implied last one. Of a summary, its options: see
   * `summaryNumbers`. Of a state set, the mask that a cell of 0 stands for. A gauge, state set or info that counts the
   * dead has one more number, the last: the limit on the ended lives that are shown. It has an effect only if each life
   * is shown by itself.
   */
  readonly numbers: readonly number[];
  /** The states of a state set, in declared order; empty for other types. */
  readonly states: readonly string[];
  /** Whether the metric records exemplars. */
  readonly exemplars: boolean;
  /** The metric's option `maxSeries`: the most series that it may have in all processes; undefined if left out. */
  readonly maxSeries?: number | undefined;
  /** Whether updates of refused series count in another series of the metric, and are not dropped. */
  readonly overflows?: boolean;
}

/** How the cells of a kind lie in a block, and how they are written. */
export interface Kind {
  readonly type: FamilyType;
  /** Whether a series may have labels beside those that the metric declares. */
  readonly open: boolean;
  /** Whether the parts of a series are added up. If not, a part that moves replaces the value in its new cells. */
  readonly adds: boolean;
  /** Whether this is a shared gauge, which has one value for all writers. */
  readonly sharedGauge: boolean;
  /** Whether the cells lie between two sequence words. */
  readonly guarded: boolean;
  /** How cells in JavaScript's own memory are updated; null for plain stores. */
  readonly path: Path | null;
  /** Returns the number of cells of a block. */
  cells(numbers: readonly number[]): number;
  /** Returns the number of sub-windows with octave buckets; 0 for a kind without octave buckets. */
  subWindows(numbers: readonly number[]): number;
  /** Returns the numbers to show: a histogram's bounds, or the ranks of a summary's quantiles. */
  shown(numbers: readonly number[]): readonly number[];
  /** Returns the image of a block that has counted nothing. */
  blank(cells: number): Float64Array;
  /** Returns a copy of all that a block has counted: its cells, then its octave buckets, if it has any. */
  image(h: Handle): Float64Array;
  /** Returns the values of an image in the order of `SeriesData.values`. */
  values(image: Float64Array, shape: Shape, cells: number): number[];
  /** True if the series has to be removed instead of shown. */
  pruned(image: Float64Array, shape: Shape, cells: number): boolean;
  /** Returns the sum of two images; may change `image`. */
  plus(image: Float64Array, more: Float64Array, cells: number): Float64Array;
  /** Whether an image has counted nothing. */
  isZero(image: Float64Array): boolean;
  /** Subtracts `base` from `image`. */
  minus(image: Float64Array, base: Float64Array, cells: number): void;
  /**
   * Writes an image to a block that JavaScript can store to, so that no reader sees half of the image. Sequence words
   * in the image are ignored.
   */
  write(h: Handle, image: Float64Array, source: BucketSource): void;
}

/** prom-client's names of the types. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** The types of families: prom-client's four, and two of OpenMetrics. */
export type FamilyType = MetricType | 'stateset' | 'info';
