/** The native heap: a mapped segment, its calls and their results. */

import type { NativeWriter } from './writer';

/**
 * A Buffer, if Node.js's types are part of the program. Declarations name none of these, because TypeScript 6 includes
 * them only on request, and prom-client's declarations need none.
 */
export type Bytes = typeof globalThis extends {
  Buffer: { isBuffer(one: unknown): one is infer B };
}
  ? B
  : Uint8Array;

/** Limits that the process that makes a segment sets for all. */
export interface HeapLimits {
  /** Most bytes of the segment. */
  bytes?: number;
  /** Most series in the segment. */
  series?: number;
  /** Most series in one family. */
  familySeries?: number;
  /** Most bytes of a label's value, as UTF-8 and not escaped. */
  labelBytes?: number;
  /** Most bytes of memory for label text. */
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
  /** Any text: objects of others have types of their own. */
  type: string;
  samples: Sample[];
}

/** One row. */
export interface Sample {
  /** Name with the suffix that text format 0.0.4 shows. */
  name: string;
  /** What stands between the braces, as in `LabelText`, but of any names. */
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

/** What a scrape shows. */
export interface ScrapeOptions {
  format: 'text' | 'openmetrics' | 'json';
  scope: Scope;
  /** Registry tags of which every family is shown. */
  tags: string[];
  /** Single families, as `tag + '\0' + name`. */
  families: string[];
  /** Without default labels: series that differ only in these are one. */
  plain: boolean;
  /** Unix time in milliseconds, by which the windows of summaries expire. */
  now: number;
  /** Of what is chosen, only families of these names. */
  only?: string[];
  /** Names of families that are not printed, though the heap has them. */
  without?: string[];
  /** Printed after the heap's families; not in `json`, whose reader has them. */
  extra?: ExtraFamily[];
}

/** Figures of a heap. */
export interface HeapStats {
  path: string;
  memoryBacked: boolean;
  reservedBytes: number;
  usedBytes: number;
  /** Most bytes that it may have. */
  limitBytes: number;
  families: number;
  series: number;
  slots: number;
  living: number;
  adoptions: number;
  /** Updates of series that were refused, by {@link Refusal}. */
  dropped: number[];
  /** Exemplars that were not recorded, for want of a lock in time or of memory. */
  droppedExemplars: number;
  /** Observations of summaries that no quantile shows: there was no room for their buckets. */
  unrankedObservations: number;
  /** Observations of summaries that went to the nearest bucket, because the series had the maximum of octaves. */
  clampedObservations: number;
  /** Families, series and blocks that scrapes left out because their words are damaged. */
  damagedReads: number;
  lockTimeouts: number;
  tornRetries: number;
  tornGivenUp: number;
  removed: number;
  recoveries: number;
  /** Writers that had not answered when a scrape's time for their `collect` callbacks was over. */
  collectTimeouts: number;
}

/** A mapped segment. */
export interface NativeHeap {
  readonly path: string;
  /** False once the segment was removed from its directory: open again. */
  readonly current: boolean;
  /** Whether the file's file system keeps files in memory. */
  readonly memoryBacked: boolean;
  /** How often scrapes left something out because its words are damaged. */
  readonly damagedReads: number;
  /** What to do about damage: the end of a sentence. */
  readonly remedy: string;
  /** Whether this runtime gives JavaScript the segment's own memory, and not a copy. */
  views(): boolean;
  /** Better directories that cannot be used, each as `path: reason`. */
  readonly passedOver: string[];
  /** The limits that it was made with. */
  readonly limits: HeapLimits;
  /**
   * This object's writer; the first call, and the first after it was lost, claims a slot (or adopts a dead writer's).
   * Throws an Error with a code.
   *
   * @param thread number of this thread in its process, 0 for the main one
   */
  writer(thread: number): NativeWriter;
  /**
   * Takes over the writer of `before`, whose file a stranger removed, if this is a copy of it.
   *
   * @returns a {@link Status}: `Busy` to try again, `Lost` if the writer's slot belongs to another writer here by now,
   *   `Gone` if this is no copy. Throws an Error with a code.
   */
  follow(before: NativeHeap): number;
  /**
   * Copies the counts of writers that died in `before` before they followed.
   *
   * @returns how many are still awaited from there. Throws an Error with a code.
   */
  copyForDead(before: NativeHeap): number;
  scrapeString(options: ScrapeOptions): Promise<string>;
  scrapeBuffer(options: ScrapeOptions): Promise<Bytes>;
  stats(): HeapStats;
  /** How many threads of this process live that made a metric. Throws an Error with a code. */
  siblings(): number;
  /**
   * From now on `rung` is called, on this isolate, when a scrape of another writer asks for `collect` callbacks. It
   * does not keep the process alive. Needs a writer; replaces what was given before. Throws an Error with a code.
   */
  listen(rung: () => void): void;
  /** Ends {@link listen}. */
  silence(): void;
  /** Callbacks begin to run: returns the argument of {@link answer}; null if this isolate does not listen. */
  begin(): number | null;
  /** The callbacks that began at that bell have settled. */
  answer(bell: number): void;
  /**
   * Asks all others for their callbacks. `done` is called when they have run, or the time is over, and keeps the
   * isolate alive until then; null if there is no writer to wait for. The result is for {@link over}. Throws an Error
   * with a code.
   */
  ring(milliseconds: number, done: () => void): number | null;
  /** The scrape that rang has read: others may change what they computed for it. */
  over(ring: number): void;
  /** Whether a scrape of any writer is under way for which callbacks of this isolate have run. */
  asked(): boolean;
  /** {@link asked} ignores all scrapes so far. */
  leave(): void;
  /** Removes the segment's file if no writer but this process's own lives. */
  tidy(): boolean;
}
