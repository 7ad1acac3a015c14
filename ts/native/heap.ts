/** The native heap: a mapped segment, its calls and their results. */

import type { NativeWriter } from './writer';

/**
 * A Buffer, if the user's program includes Node.js's types. The published declarations do not name these types, because
 * TypeScript 6 includes them only on request, and prom-client's declarations do not need them.
 */
export type Bytes = typeof globalThis extends {
  Buffer: { isBuffer(one: unknown): one is infer B };
}
  ? B
  : Uint8Array;

/** The limits of a segment. The process that makes the segment sets them for all processes. */
export interface HeapLimits {
  /** Maximum size of the segment in bytes. */
  bytes?: number;
  /** Maximum number of series in the segment. */
  series?: number;
  /** Maximum number of series in one family. */
  familySeries?: number;
  /** Maximum length of a label's value, in bytes of UTF-8 before escaping. */
  labelBytes?: number;
  /** Maximum size of the memory for label text, in bytes. */
  textBytes?: number;
}

/**
 * Whose counts are shown: those of all processes, of the calling process with all its threads, or of the calling
 * thread.
 */
export type Scope = 'application' | 'process' | 'thread';

/** A family that the heap does not hold, as rows. */
export interface ExtraFamily {
  name: string;
  /** Unescaped. */
  help: string;
  /** Any text, because an object that is no metric of this package may have any type. */
  type: string;
  /** The unit, which OpenMetrics shows if the name ends with it. */
  unit?: string;
  /** True: the family is not printed if the heap has one of its name. */
  yields?: boolean;
  samples: Sample[];
}

/** The unit of a family that the heap holds. */
export interface FamilyUnit {
  name: string;
  unit: string;
}

/** One row. */
export interface Sample {
  /** Name with the suffix that text format 0.0.4 shows. */
  name: string;
  /** The text between the braces, in the form of `LabelText`. A label's name may be any text. */
  labels: string;
  value: number;
  exemplar?: SampleExemplar;
}

/** An exemplar of a row. */
export interface SampleExemplar {
  /** As in {@link Sample}. */
  labels: string;
  value: number;
  /** Unix time in seconds, if it is known. */
  time?: number;
}

/** The format of a scrape; `snapshot` is that of `crates/mpmetrics-core/src/wire`. */
export type ScrapeFormat = 'text' | 'openmetrics' | 'json' | 'snapshot';

/** What a scrape shows. */
export interface ScrapeOptions {
  format: ScrapeFormat;
  scope: Scope;
  /** Registry tags of which every family is shown. */
  tags: string[];
  /** Single families, as `tag + '\0' + name`. */
  families: string[];
  /** True: leaves out default labels, and joins series that differ only in these. */
  plain: boolean;
  /** Unix time in milliseconds, by which the windows of summaries expire. */
  now: number;
  /** Names of families: of the families that `tags` and `families` choose, only these are shown; all if left out. */
  only?: string[];
  /** Names of families that are not printed, although the heap has them. */
  without?: string[];
  /** Families that are printed after the heap's. Not for `json`, whose reader has these families itself. */
  extra?: ExtraFamily[];
  /** Printed before each name in text and OpenMetrics; all other names in these options are without it. */
  prefix?: string;
  /** Units of families of the heap. */
  units?: FamilyUnit[];
}

/** Figures of a heap. */
export interface HeapStats {
  path: string;
  /** Identifies the segment and all of its copies, and no other segment: 16 hexadecimal digits. */
  origin: string;
  memoryBacked: boolean;
  reservedBytes: number;
  usedBytes: number;
  /** Maximum size of the segment in bytes. */
  limitBytes: number;
  families: number;
  series: number;
  slots: number;
  living: number;
  adoptions: number;
  /** Updates of series that were refused, by {@link Refusal}. */
  dropped: number[];
  /** Ended processes and threads that metrics with `dead: 'keep'` do not show any more; counted for each metric. */
  droppedLives: number;
  /** Exemplars that were not recorded, for want of a lock in time or of memory. */
  droppedExemplars: number;
  /** Observations of summaries that no quantile shows: there was no room for their buckets. */
  unrankedObservations: number;
  /** Observations of summaries that went to the nearest bucket, because the series had the maximum of octaves. */
  clampedObservations: number;
  /** Families, series, blocks and sets of default labels that scrapes left out because their words are damaged. */
  damagedReads: number;
  lockTimeouts: number;
  tornRetries: number;
  tornGivenUp: number;
  removed: number;
  recoveries: number;
  /** Writers that had not answered when a scrape's time for their `collect` callbacks was over. */
  collectTimeouts: number;
}

/** A candidate of this isolate in an election, see {@link NativeHeap.candidate}. */
export interface NativeCandidate {
  /**
   * Stands for election, without waiting. A candidate that is elected stays so until it leaves, its thread ends or its
   * process dies.
   *
   * @returns whether it is elected now; false after {@link leave}. Throws an Error with a code.
   */
  stand(): boolean;
  /** Ends the candidate: another one can be elected. */
  leave(): void;
}

/** A mapped segment. */
export interface NativeHeap {
  readonly path: string;
  /** False once the segment was removed from its directory: the caller has to open a segment again. */
  readonly current: boolean;
  /** Whether the file's file system keeps files in memory. */
  readonly memoryBacked: boolean;
  /**
   * Number of families, series, blocks and sets of default labels that scrapes left out because their words are
   * damaged.
   */
  readonly damagedReads: number;
  /** The end of a sentence that says what the user can do about damage. */
  readonly remedy: string;
  /** Whether this runtime gives JavaScript the segment's own memory, and not a copy. */
  views(): boolean;
  /** Directories that would be preferred but cannot be used, each as `path: reason`. */
  readonly passedOver: string[];
  /** The limits that the segment got when it was made. */
  readonly limits: HeapLimits;
  /**
   * Returns this object's writer. The first call, and the first call after the slot was lost, claims a slot or adopts
   * that of a dead writer. Throws an Error with a code.
   *
   * @param thread number of this thread in its process, 0 for the main one
   * @param worker number of this process among the workers of its cluster, 0 if it is none
   */
  writer(thread: number, worker?: number): NativeWriter;
  /**
   * Makes a candidate in the election of this name. Of the candidates with that name in all threads and processes that
   * map this segment, one is elected at a time. Throws an Error with a code if no descriptor is left.
   */
  candidate(name: string): NativeCandidate;
  /**
   * Takes over the writer of the segment `before`, whose file a stranger removed, if this segment is a copy of it.
   *
   * @returns a {@link Status}: `Busy` to try again, `Lost` if the writer's slot belongs to another writer here by now,
   *   `Gone` if this segment is no copy. Throws an Error with a code.
   */
  follow(before: NativeHeap): number;
  /**
   * Copies counts from the segment `before` into this one: those of writers that died there before they followed.
   *
   * @returns how many writers of that segment are still awaited. Throws an Error with a code.
   */
  copyForDead(before: NativeHeap): number;
  scrapeString(options: ScrapeOptions): Promise<string>;
  scrapeBuffer(options: ScrapeOptions): Promise<Bytes>;
  stats(): HeapStats;
  /**
   * Takes the gauges of a process's dead writers out of their slots, as the next writers of these slots would. A living
   * process has dead writers, too, if threads of it have ended.
   *
   * @returns how many gauges there were. Throws an Error with a code.
   */
  endLives(pid: number): number;
  /**
   * Hides the gauges that this object's writer has in the slot that it lost. To be called before their values move to
   * another slot.
   *
   * @returns false if nothing was hidden: without a writer, for a living slot, and if another writer has had the slot
   *   since. Throws an Error with a code.
   */
  hideLost(): boolean;
  /** Number of living threads of this process that made a metric. Throws an Error with a code. */
  siblings(): number;
  /**
   * From now on calls `rung` on this isolate when a scrape of another writer asks for `collect` callbacks. Does not
   * keep the process alive. Needs a writer. Replaces the function of an earlier call. Throws an Error with a code.
   */
  listen(rung: () => void): void;
  /** Ends {@link listen}. */
  silence(): void;
  /** Notes that callbacks begin. Returns the argument of {@link answer}; null if this isolate does not listen. */
  begin(): number | null;
  /** Answers all rings up to `bell`: the callbacks that began when {@link begin} returned this number have settled. */
  answer(bell: number): void;
  /**
   * Asks all other writers to run their callbacks. Calls `done` when the callbacks have run, or the time is over, and
   * keeps the isolate alive until then.
   *
   * @returns the number for {@link over}; null, without a call of `done`, if no other writer has callbacks, or if
   *   `milliseconds` is 0. Throws an Error with a code.
   */
  ring(milliseconds: number, done: () => void): number | null;
  /** Notes that the scrape that rang has read: other writers may make the resets that they kept back for it. */
  over(ring: number): void;
  /** Whether a scrape is under way that this isolate made, or for which its callbacks have begun to run. */
  asked(): boolean;
  /** Makes {@link asked} ignore all scrapes so far. */
  leave(): void;
  /**
   * Removes the segment's file if no slot is awaited, and no writer of another process lives. Does not remove a segment
   * that the user named by its path. Returns whether it removed the file.
   */
  tidy(): boolean;
}
