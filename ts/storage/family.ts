/**
 * The contracts between a metric and a storage. Memory storage has {@link Family} and {@link BucketSource}; the heap
 * also has {@link Others}. No state of the storage makes their methods throw.
 */

import type { LabelText } from '../labels';
import type { Scope } from '../native';
import type { BucketSource } from './cells/octave-buckets';
import type { Handle } from './cells/handle';
import type { Exemplar, FamilyData } from './data';

/** A scrape that is under way: from before its first `collect` until it has read. Resets wait until it has read. */
export interface Asked {
  /**
   * Called when the callbacks of the scrape's own isolate have settled.
   *
   * @returns a promise that resolves once other processes have run theirs, or the time for it is over; undefined if
   *   there is nothing to wait for
   */
  answers(): Promise<void> | undefined;
  /** Called when the scrape has read. */
  over(): void;
}

/** For a scrape that asks no other process and reads at once. */
export const NOTHING_ASKED: Asked = {
  answers: () => undefined,
  over: () => undefined,
};

/** The operations that concern other processes, of a family that they see. */
export interface Others {
  /** Removes all series for all processes. The caller then resets the handles of its isolate. */
  removeAll(): void;
  /** If the handle's series has expired, counts again what its cells have gained since the copy `known` was made. */
  rescue(h: Handle, known: Float64Array): void;
  /** Called when a reset begins: scrapes that are under way do not show series that are made from now on. */
  cut(): void;
  /** Called when the metric has got a `collect` callback, which scrapes of other processes run, too. */
  collects(): void;
  /**
   * Called before callbacks run.
   *
   * @returns a promise that resolves when the resets that earlier scrapes kept back are done; undefined if there is
   *   nothing to wait for
   */
  ready(): Promise<void> | undefined;
  /**
   * Begins a scrape.
   *
   * @param others true to ask other processes to run their `collect` callbacks
   * @param all true if the scrape runs all `collect` callbacks of this isolate
   */
  ask(others: boolean, all?: boolean): Asked;
}

/** The series of one metric in a storage. */
export interface Family {
  /** Makes the octave buckets of the series, if the metric is a summary. */
  readonly bucketSource: BucketSource;
  /** The operations that concern other processes; null if they do not see the family. */
  readonly others: Others | null;
  /** Maximum length of a label's value, in bytes of UTF-8. */
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
   * Removes a series for all processes. If the metric is a state set, an info or a gauge that is not shared, removes
   * only this isolate's part, unless `everywhere` is true.
   *
   * @param h this isolate's handle of the series, if there is one
   */
  remove(label: LabelText, h: Handle | undefined, everywhere: boolean): void;
  /**
   * Removes series that no process updates any more, as {@link remove} does.
   *
   * @param handles this isolate's handle of each series, if there is one
   * @returns how many were removed, from the first on; the others still exist, and have to be checked again
   */
  expire(labels: readonly LabelText[], handles: readonly (Handle | undefined)[]): number;
  /** Sets this isolate's part to zero; with `hide`, also hides the part until its next update. */
  reset(h: Handle, hide: boolean): void;
  /** Frees this isolate's part. The handle points nowhere afterwards. */
  release(h: Handle): void;
  /** True if the handle is not needed any more: the label tree may drop it. */
  stale(h: Handle): boolean;
  /** Records an exemplar of a series that was just updated. */
  exemplify(h: Handle, exemplar: Exemplar): void;
  /** Counts an update of a series whose label value is too long, and warns once. */
  tooLong(): void;
  /**
   * Returns the values that a label has in the series of all processes; none if that is not known. Values that an
   * earlier call returned may be left out.
   */
  labelValues(name: string): readonly string[];
  /** Counts an update that was dropped without a call of {@link bind}, because the storage refused others before. */
  dropped(): void;
  /**
   * Reads the family.
   *
   * @param scope whose parts to read, if other processes have some
   */
  read(scope: Scope): FamilyData | Promise<FamilyData>;
  /** Called when the metric leaves this storage, after its handles have been released. */
  close(): void;
}
