/** What a kind of metric is to storage: how its cells lie in a block, are copied, added and replaced. */

import type { NativeKind } from '../../native';
import type { Buckets } from './buckets';
import type { Path, Series } from './series';

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
  readonly bounds: readonly number[];
  /** Whether the metric records exemplars. */
  readonly exemplars: boolean;
}

/** How the cells of a type lie in a block, and how they are written. */
export interface Kind {
  readonly type: MetricType;
  readonly native: NativeKind;
  /** Parts of several writers, or moved from one place to another, are added; a gauge's replace. */
  readonly adds: boolean;
  /** One value for all processes: no part of it is anybody's own. */
  readonly shared: boolean;
  /** Its cells lie between two sequence words. */
  readonly guarded: boolean;
  /** How cells in JavaScript's own memory are updated; null for plain stores. */
  readonly path: Path | null;
  /** Cells of a block. */
  cells(bounds: readonly number[]): number;
  /** Parts that buckets are counted in; 0 for a type whose cells are all there is. */
  parts(bounds: readonly number[]): number;
  /** The bounds to show: a histogram's own, or which quantiles a summary's values have. */
  shown(bounds: readonly number[]): readonly number[];
  /** The image of a block that has counted nothing. */
  blank(cells: number): Float64Array;
  /** A copy of all that a block has counted: its cells, and behind them what else belongs to it. */
  image(h: Series): Float64Array;
  /** The values of an image, as `SeriesData` orders them. */
  values(image: Float64Array, shape: Shape, cells: number): number[];
  /** True if the series is not to be shown any more, and to be removed. */
  expired(image: Float64Array, shape: Shape, cells: number): boolean;
  /** The sum of two images; may change them. */
  plus(image: Float64Array, more: Float64Array, cells: number): Float64Array;
  /** Whether an image has counted nothing. */
  isZero(image: Float64Array): boolean;
  /** Takes what is in one image out of another. */
  minus(image: Float64Array, base: Float64Array, cells: number): void;
  /**
   * Writes an image to a block that is in JavaScript's reach, in a way that no reader sees a half of it.
   * Sequence words in it are ignored.
   */
  write(h: Series, image: Float64Array, buckets: Buckets): void;
}

/** prom-client's names of the types. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';
