/**
 * The kinds of metrics in storage: how the cells of each lie in a block, and how they are copied, added and replaced.
 */

import type { BucketSource } from './octave-buckets';
import type { Path, Handle } from './handle';

/** A metric's shape, as storage sees it. */
export interface Shape {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly aggregator: string;
  readonly labelNames: readonly string[];
  /**
   * The type's numbers. A histogram's: upper bounds in configured order, without the implied last one. A
   * summary's: its options, see `summaryNumbers`.
   */
  readonly numbers: readonly number[];
  /** Whether the metric records exemplars. */
  readonly exemplars: boolean;
}

/** How the cells of a kind lie in a block, and how they are written. */
export interface Kind {
  readonly type: MetricType;
  /** Whether a part is added to another, of another writer or when it moves; a gauge's part replaces the other. */
  readonly adds: boolean;
  /** A shared gauge, which has one value for all writers. */
  readonly sharedGauge: boolean;
  /** Its cells lie between two sequence words. */
  readonly guarded: boolean;
  /** How cells in JavaScript's own memory are updated; null for plain stores. */
  readonly path: Path | null;
  /** Cells of a block. */
  cells(numbers: readonly number[]): number;
  /** Sub-windows for which buckets are kept; 0 for a kind without octave buckets. */
  subWindows(numbers: readonly number[]): number;
  /** The numbers to show: a histogram's bounds, or a summary's quantiles. */
  shown(numbers: readonly number[]): readonly number[];
  /** The image of a block that has counted nothing. */
  blank(cells: number): Float64Array;
  /** A copy of all that a block has counted: its cells, then its octave buckets, if it has any. */
  image(h: Handle): Float64Array;
  /** The values of an image, as `SeriesData` orders them. */
  values(image: Float64Array, shape: Shape, cells: number): number[];
  /** True if the series is to be removed, and not shown any more. */
  pruned(image: Float64Array, shape: Shape, cells: number): boolean;
  /** The sum of two images; may change them. */
  plus(image: Float64Array, more: Float64Array, cells: number): Float64Array;
  /** Whether an image has counted nothing. */
  isZero(image: Float64Array): boolean;
  /** Subtracts one image from another. */
  minus(image: Float64Array, base: Float64Array, cells: number): void;
  /**
   * Writes an image to a block that JavaScript can store to, so that no reader sees half of it. Sequence words in it
   * are ignored.
   */
  write(h: Handle, image: Float64Array, source: BucketSource): void;
}

/** prom-client's names of the types. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';
