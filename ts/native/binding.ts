/** The functions of the native module, and the types of their arguments. */

import type { Bytes, ExtraFamily, HeapLimits, NativeHeap, ScrapeFormat } from './heap';
import type { ProcessIdentity } from './identity';
import type { ReadingParts, SegmentDescription, SegmentReading } from './reader';

/** Numbers of the heap's layout that JavaScript needs; defined once, in Rust. */
export interface Layout {
  readonly version: number;
  /** Number of 32-bit words from a block's flags to its first cell: the flags are at `2 * cell - flagsBack`. */
  readonly flagsBack: number;
  /** The bit of the flags that means "this series is not shown". */
  readonly absent: number;
  /** Names of {@link Refusal}, in its order. */
  readonly refusals: string[];
  /** Names of {@link Status}, in its order. */
  readonly statuses: string[];
  /** Names of {@link Out}, in its order. */
  readonly outs: string[];
  /** The bounds of an octave's buckets, as factors of its lower end, from 1 to 2. */
  readonly octaveBounds: number[];
  /** Maximum number of octaves that a writer keeps of a summary's series. */
  readonly octavesKept: number;
  /** The kind of stores by which JavaScript may update cells on this machine: a number of `Stores`. */
  readonly stores: number;
}

export interface OpenOptions {
  /** Absolute path of a segment that the user named. This package never removes it. */
  path?: string;
  /** Name of a segment, `[a-z0-9-]+`, that is looked for in `directories`. */
  name?: string;
  /** Parents of this package's own directory, best first. */
  directories?: string[];
  /** True: makes the segment if there is none. */
  create: boolean;
  /** The root of the application, which the segment stores. A process that sees it live does not reap the segment. */
  root?: ProcessIdentity;
  /** Permission bits and group of the file and the directory, for applications that change uid. */
  mode?: number;
  gid?: number;
  /** Limits of the segment, if it has to be made. */
  limits?: HeapLimits;
  /** True if the root does not load this package, and starts new processes in place of old ones. */
  replaces?: boolean;
  /** The application, which is noted in the segment if it has to be made. */
  description?: SegmentDescription;
}

/** Where a family is in the bytes of a snapshot. */
export interface SnapshotFrame {
  name: string;
  /** Whether it is kept as rows, which cannot be joined with those of other applications. */
  rows: boolean;
  start: number;
  end: number;
}

export interface Binding {
  layout(): Layout;
  /** The text that the main thread stored for the process's worker threads. */
  choice(): string | null;
  choose(text: string): void;
  /**
   * Takes a turn, if no thread has it. The thread that has a turn does one task for all threads of this process, such
   * as reporting the default metrics. It keeps the turn until it releases the turn or ends. Once the main thread
   * (thread 0) has asked for the turn, the thread has to release it.
   *
   * @param about names the turn; there is one turn for each name
   * @returns whether this thread has the turn now, and the main thread has not asked for it
   */
  takeTurn(about: string, thread: number): boolean;
  /** Releases a turn, or stops waiting for it. If the main thread waits for a released turn, it gets the turn. */
  endTurn(about: string, thread: number): void;
  /** The identity of a process of this pid namespace; null if there is none. */
  identity(pid: number): ProcessIdentity | null;
  /**
   * Opens a segment; returns null if there is none and `create` is false. Throws an Error with a code
   * `ERR_MPMETRICS_*`.
   *
   * @param before the former segment of this isolate, which is copied if a stranger removed its file
   */
  openHeap(options: OpenOptions, before?: NativeHeap | null): NativeHeap | null;
  /**
   * Reads a segment as a stranger: without a slot, and without a store to it. The promise rejects with a code and the
   * path for a file that is no segment of this version, is damaged, or cannot be read.
   */
  readSegment(path: string, parts: ReadingParts): Promise<SegmentReading>;
  /** Paths of the segments of this user, and of its groups, below the parents of this package's own directories. */
  listSegments(parents: readonly string[]): string[];
  /**
   * Removes a segment, unless a process uses it.
   *
   * @returns the pids of the processes that use it; none if the segment is removed. Throws an Error with a code
   */
  removeSegment(path: string): number[];
  /** Returns where the families of a snapshot are. Throws an Error with a code for bytes that are no snapshot. */
  snapshotFrames(snapshot: Uint8Array): SnapshotFrame[];
  /** Returns the snapshot of families that the heap does not hold. */
  snapshotOfRows(families: ExtraFamily[], prefix: string): Bytes;
  /** Joins the snapshots of several applications, and prints them. The promises of these calls reject with a code. */
  printSnapshots(
    snapshots: Uint8Array[],
    instances: string[] | null,
    format: ScrapeFormat,
  ): Promise<string>;
  /** {@link printSnapshots} as UTF-8; with the format `snapshot`, the bytes of one snapshot. */
  joinSnapshots(
    snapshots: Uint8Array[],
    instances: string[] | null,
    format: ScrapeFormat,
  ): Promise<Bytes>;
  /** Returns the families of snapshots that are kept as rows. */
  snapshotRows(snapshots: Uint8Array[]): ExtraFamily[];
  /** Adds up counters, histograms and summaries. */
  sumSnapshots(snapshots: Uint8Array[]): Promise<Bytes>;
  /** Resolves with the snapshot minus `base`, and with the part of `base` that was subtracted. */
  subtractSnapshot(snapshot: Uint8Array, base: Uint8Array): Promise<Bytes[]>;
  /** Resolves with the series of a snapshot that a later one does not have any more. */
  missingSeries(earlier: Uint8Array, later: Uint8Array): Promise<Bytes>;
  /** Resolves with a snapshot without the series that `gone` has and none of `kept` has. */
  withoutSeries(snapshot: Uint8Array, gone: Uint8Array, kept: Uint8Array[]): Promise<Bytes>;
  /** Deflates the families of a snapshot, or makes them as they were before. */
  packSnapshot(snapshot: Uint8Array, packed: boolean): Promise<Bytes>;
}
