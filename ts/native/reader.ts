/** What is read of a segment by a process that does not belong to its application. */

import type { Bytes, HeapLimits, HeapStats } from './heap';
import type { ProcessIdentity } from './identity';

/** The application that uses a segment, as the process that made the segment describes it. */
export interface SegmentDescription {
  /** Name of its package. */
  name?: string;
  /** Path of its main script. */
  script?: string;
  /** Unix time at which its root started, in milliseconds. */
  started?: number;
}

/** Which metrics are read: none, those of the whole application, or these and the parts that each process counted. */
export type ReadingParts = 'none' | 'application' | 'processes';

/** A thread that writes to a segment, or did so. */
export interface SegmentWriter {
  /** The process; it differs from any other process that had or will have its pid. */
  process: string;
  /** Its pid, in its own pid namespace. */
  pid: number;
  /** 0 for a main thread. */
  thread: number;
  /** `cluster.worker.id`; 0 if its process is no worker of a cluster. */
  worker: number;
  lives: boolean;
  /** Unix time at which it attached, in milliseconds. */
  claimed: number;
  /**
   * Unix time at which its event loop last ran, in milliseconds, to a second; 0 if that is unknown. A Rust program shows
   * when it attached.
   */
  seen: number;
}

/** Facts about a segment. */
export interface SegmentFacts extends SegmentDescription {
  /** Layout version, `major << 16 | minor`, of the process that made the segment. */
  version: number;
  /** Unix time at which the segment was made, in milliseconds. */
  made: number;
  /** Unix time at which a writer last attached, in milliseconds. */
  attached: number;
  /** Whether the segment is removed, or about to be removed. */
  retired: boolean;
  /** The application's root; left out in a segment that the user named. */
  root?: ProcessIdentity;
  /** Whether the root lives; left out if that is unknown. */
  rootLives?: boolean;
  /** Whether the application lives: a writer does, or the root. */
  lives: boolean;
  limits: HeapLimits;
  /** Bytes of label texts. */
  textBytes: number;
  /** Number of series that live, counted one by one: `stats.series` has it from the header. */
  countedSeries: number;
  /** Whether a change of the heap is under way, or was interrupted by a death. */
  changing: boolean;
  /** Those that have ended included, as long as no other writer has taken their places. */
  writers: SegmentWriter[];
  /** The ten metrics with most series. */
  largest: { name: string; series: number }[];
  stats: HeapStats;
}

/** A segment as it was at one moment. */
export interface SegmentReading {
  facts: SegmentFacts;
  /** The bytes of a snapshot; left out if no metrics were asked for. */
  snapshot?: Bytes;
  /** The parts of each process, if they were asked for; `process` is that of {@link SegmentWriter}. */
  processes: { process: string; snapshot: Bytes }[];
  /**
   * Number of histograms and summaries, by writer, that were updated at every try to read them: their sums, buckets and
   * counts may be an observation apart. Counters and gauges are always right.
   */
  torn: number;
  /** Number of families, series and blocks that are left out because their words are damaged. */
  damaged: number;
  /** Number of copies of the segment that were made, 8 at most. */
  copies: number;
}
