/** What storage is to a metric: one small contract with two implementations. */

import type { LabelText, Pair } from '../labels';
import type { NativeKind, Scope } from '../native';
import type { Path } from './path';
import type { Exemplar, ExemplarData } from './exemplars';
import type { Series } from './series';
import type { Chunk } from './sketch';

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
  /** The values of an image, as {@link SeriesData} orders them. */
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
  write(h: Series, image: Float64Array, family: Family): void;
}

/** prom-client's names of the types. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary';

/** A family as it was read. */
export interface FamilyData {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly aggregator: string;
  /** A histogram's bounds; which quantiles a summary's values have. */
  readonly bounds: readonly number[];
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
  /** Default labels that the process that made it had set. */
  readonly defaults: LabelData | null;
  /**
   * Counter and gauge: the value; of a gauge that shows whoever set it last, also the time that was, in
   * milliseconds of Unix time. Histogram: sum, then the count of each bucket by itself, last the
   * one above all bounds. Summary: sum, count, quantiles.
   */
  readonly values: readonly number[];
  /** The latest exemplar of each place that has one; left out for none. */
  readonly exemplars?: readonly ExemplarData[] | undefined;
}

/** A scrape, from before the first `collect` until it has read: what is reset meanwhile waits until then. */
export interface Asked {
  /**
   * The scrape's own callbacks have settled.
   *
   * @returns what resolves once other processes have run theirs, or the time for it is over; undefined for nothing to
   *   wait for
   */
  answers(): Promise<void> | undefined;
  /** It has read. */
  over(): void;
}

/** Where nobody else is asked, and what is read is read at once. */
export const NOTHING_ASKED: Asked = {
  answers: () => undefined,
  over: () => undefined,
};

/** Where a metric's series are. Nothing here throws for the storage's state. */
export interface Family {
  /** True if other processes see it. */
  readonly shared: boolean;
  /**
   * Makes a handle that is not live count.
   *
   * @param label what to show if the series is new
   * @returns false if the storage refuses the series
   */
  bind(h: Series, label: LabelText): boolean;
  /**
   * Removes a series: for everyone, but of a gauge only the own part unless `everywhere` says otherwise.
   *
   * @param h the own handle, if this isolate has one
   */
  remove(label: LabelText, h: Series | undefined, everywhere: boolean): void;
  /** Removes all series for everyone, so far as others see them; the own handles are then to be reset. */
  removeAll(): void;
  /** Records an exemplar of a series that was just updated. */
  exemplify(h: Series, exemplar: Exemplar): void;
  /**
   * Removes a series that nobody updates any more, as {@link remove} does.
   *
   * @returns false if it is there still, and to be looked at again
   */
  expire(label: LabelText, h: Series | undefined): boolean;
  /** Counts again what the cells of a handle have more than those that are known, if its series has expired. */
  rescue(h: Series, known: Float64Array): void;
  /** A reset begins: what is counted from now on is not in scrapes that go on. */
  cut(): void;
  /** Makes the own part zero; with `hide` it is not shown either until it is next updated. */
  reset(h: Series, hide: boolean): void;
  /** Gives the own part back; the handle points nowhere afterwards. */
  release(h: Series): void;
  /** True if the handle is of no use any more: the label tree may drop it. */
  stale(h: Series): boolean;
  /** Most bytes of a label's value, as UTF-8. */
  readonly labelBytes: number;
  /** Counts an update of a series that has a longer one, and warns once. */
  tooLong(): void;
  /** True if the series that {@link bind} refused last was refused for what any other new one would meet, too. */
  readonly full: boolean;
  /**
   * Finds or makes the buckets that a summary's series has for an octave. Not asked for more than a series keeps.
   *
   * @param h a handle that is live; afterwards it may not be so any more, and is then to be settled again, or
   *   may have moved to other cells
   * @returns null if there is no memory for them, or the handle is not live any more
   */
  chunk(h: Series, octave: number): Chunk | null;
  /** Counts observations that no quantile shows, for want of memory. */
  unranked(observations: number): void;
  /** Counts observations that are in the nearest bucket, for want of octaves. */
  clamped(observations: number): void;
  /** Counts an update that was not even tried, because the storage had refused others before. */
  dropped(): void;
  /**
   * Reads the family.
   *
   * @param scope whose parts, where others have some
   */
  read(scope: Scope): FamilyData | Promise<FamilyData>;
  /** The metric has a `collect` callback now: scrapes of other processes are to run it. */
  collects(): void;
  /** What a scrape waits for before it runs callbacks: one before it has not read; undefined for nothing. */
  ready(): Promise<void> | undefined;
  /**
   * A scrape begins.
   *
   * @param others asks other processes to run their `collect` callbacks
   * @param all the scrape runs all of this isolate's own
   */
  ask(others: boolean, all?: boolean): Asked;
  /** The metric leaves this storage; its handles have been released. */
  close(): void;
}
