/**
 * The contracts between a metric and a storage. Memory storage has {@link Family} and {@link BucketSource}; the heap also
 * has {@link Others}. Their methods do not throw because of the storage's state.
 */

import type { LabelText } from '../labels';
import type { Scope } from '../native';
import type { BucketSource } from './cells/octave-buckets';
import type { Handle } from './cells/handle';
import type { Exemplar, FamilyData } from './data';

/** A scrape, from before the first `collect` until it has read: resets wait until then. */
export interface Asked {
  /**
   * The scrape's own callbacks have settled.
   *
   * @returns a promise that resolves once other processes have run theirs, or the time for it is over; undefined if
   *   there is nothing to wait for
   */
  answers(): Promise<void> | undefined;
  /** It has read. */
  over(): void;
}

/** For a scrape that asks no other process and reads at once. */
export const NOTHING_ASKED: Asked = {
  answers: () => undefined,
  over: () => undefined,
};

/** What concerns other processes, if they see the family. */
export interface Others {
  /** Removes all series for all processes; the caller then resets the own handles. */
  removeAll(): void;
  /** If the handle's series has expired, counts again what its cells have gained since the known ones. */
  rescue(h: Handle, known: Float64Array): void;
  /** A reset begins: what is counted from now on is not in scrapes that are under way. */
  cut(): void;
  /** The metric has a `collect` callback now, which scrapes of other processes run, too. */
  collects(): void;
  /**
   * Resolves when earlier scrapes have read, which must be before callbacks run; undefined if there is nothing to wait
   * for.
   */
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
  readonly bucketSource: BucketSource;
  /** What concerns other processes; null if they do not see it. */
  readonly others: Others | null;
  /** Most bytes of a label's value, as UTF-8. */
  readonly labelBytes: number;
  /** True if {@link bind} would refuse any other new series, too, for the reason of its last refusal. */
  readonly full: boolean;
  /**
   * Points a handle that is not live to cells.
   *
   * @param label the text to show if the series is new
   * @returns false if the storage refuses the series
   */
  bind(h: Handle, label: LabelText): boolean;
  /** True if the storage is being left for another, which does not exist yet. */
  readonly leaving: boolean;
  /**
   * Lets a handle count in cells of its own, because the storage refuses its updates although its series exists.
   *
   * @returns false if that is refused, too; the update is counted as dropped then
   */
  hold(h: Handle, label: LabelText): boolean;
  /**
   * Removes a series for all processes; of a gauge only the own part, unless `everywhere` is true.
   *
   * @param h the own handle, if this isolate has one
   */
  remove(label: LabelText, h: Handle | undefined, everywhere: boolean): void;
  /**
   * Removes series that no process updates any more, as {@link remove} does.
   *
   * @param handles the own handle of each, if this isolate has one
   * @returns how many were removed, from the first on; the others still exist, and have to be checked again
   */
  expire(labels: readonly LabelText[], handles: readonly (Handle | undefined)[]): number;
  /** Sets the own part to zero; with `hide`, also hides it until its next update. */
  reset(h: Handle, hide: boolean): void;
  /** Frees the own part; the handle points nowhere afterwards. */
  release(h: Handle): void;
  /** True if the handle is not needed any more: the label tree may drop it. */
  stale(h: Handle): boolean;
  /** Records an exemplar of a series that was just updated. */
  exemplify(h: Handle, exemplar: Exemplar): void;
  /** Counts an update of a series whose label value is too long, and warns once. */
  tooLong(): void;
  /** Counts an update that was dropped without asking, because the storage had refused others before. */
  dropped(): void;
  /**
   * Reads the family.
   *
   * @param scope whose parts to read, if other processes have some
   */
  read(scope: Scope): FamilyData | Promise<FamilyData>;
  /** The metric leaves this storage; its handles have been released. */
  close(): void;
}
