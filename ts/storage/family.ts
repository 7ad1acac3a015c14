/**
 * What storage is to a metric: small contracts. Memory storage has {@link Family} and {@link Buckets}; the heap has
 * {@link Others} besides. Nothing in them throws for the storage's state.
 */

import type { LabelText } from '../labels';
import type { Scope } from '../native';
import type { Buckets } from './cells/buckets';
import type { Series } from './cells/series';
import type { Exemplar, FamilyData } from './data';

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

/** What concerns other processes, where they see the family. */
export interface Others {
  /** Removes all series for everyone; the own handles are then to be reset. */
  removeAll(): void;
  /** Counts again what the cells of a handle have more than those that are known, if its series has expired. */
  rescue(h: Series, known: Float64Array): void;
  /** A reset begins: what is counted from now on is not in scrapes that go on. */
  cut(): void;
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
}

/** Where a metric's series are. */
export interface Family {
  /** Where the buckets of its series are, if it is a summary. */
  readonly buckets: Buckets;
  /** What concerns other processes; null if none sees it. */
  readonly others: Others | null;
  /** Most bytes of a label's value, as UTF-8. */
  readonly labelBytes: number;
  /** True if the series that {@link bind} refused last was refused for what any other new one would meet, too. */
  readonly full: boolean;
  /**
   * Makes a handle that is not live count.
   *
   * @param label what to show if the series is new
   * @returns false if the storage refuses the series
   */
  bind(h: Series, label: LabelText): boolean;
  /** True if the storage is being left for another, and the other is not there yet. */
  readonly leaving: boolean;
  /**
   * Lets a handle count in cells of its own, because the storage refuses its updates though its series is there.
   *
   * @returns false if that is refused, too; the update is then counted as one that nobody will see
   */
  hold(h: Series, label: LabelText): boolean;
  /**
   * Removes a series: for everyone, but of a gauge only the own part unless `everywhere` says otherwise.
   *
   * @param h the own handle, if this isolate has one
   */
  remove(label: LabelText, h: Series | undefined, everywhere: boolean): void;
  /**
   * Removes series that nobody updates any more, as {@link remove} does.
   *
   * @param handles the own handle of each, if this isolate has one
   * @returns how many, the first ones; the others are there still, and to be looked at again
   */
  expire(labels: readonly LabelText[], handles: readonly (Series | undefined)[]): number;
  /** Makes the own part zero; with `hide` it is not shown either until it is next updated. */
  reset(h: Series, hide: boolean): void;
  /** Gives the own part back; the handle points nowhere afterwards. */
  release(h: Series): void;
  /** True if the handle is of no use any more: the label tree may drop it. */
  stale(h: Series): boolean;
  /** Records an exemplar of a series that was just updated. */
  exemplify(h: Series, exemplar: Exemplar): void;
  /** Counts an update of a series that has a longer label value than may be, and warns once. */
  tooLong(): void;
  /** Counts an update that was not even tried, because the storage had refused others before. */
  dropped(): void;
  /**
   * Reads the family.
   *
   * @param scope whose parts, where others have some
   */
  read(scope: Scope): FamilyData | Promise<FamilyData>;
  /** The metric leaves this storage; its handles have been released. */
  close(): void;
}
