/** The native module's own functions. */

import type { HeapLimits, NativeHeap } from './heap';

/** Numbers of the heap's layout that JavaScript needs; defined once, in Rust. */
export interface Layout {
  readonly version: number;
  /** 32-bit words from a block's flags to its first cell, counted back from `2 * cell`. */
  readonly flagsBack: number;
  /** The bit, in that 32-bit word, that means "this series is not shown". */
  readonly absent: number;
  /** Names of {@link Refusal}, in its order. */
  readonly refusals: string[];
  /** Names of {@link Status}, in its order. */
  readonly statuses: string[];
  /** Names of {@link Out}, in its order. */
  readonly outs: string[];
  /** The bounds of an octave's buckets, as factors of its lower end, from 1 to 2. */
  readonly octaveBounds: number[];
  /** Most octaves that a writer keeps of a summary's series. */
  readonly octavesKept: number;
  /** A {@link Stores}. */
  readonly stores: number;
}

/** The identity of a process, which differs from that of any other that had or will have its pid. */
export interface ProcessIdentity {
  pid: number;
  ppid: number;
  /** Clock ticks after boot. */
  startTime: string;
  bootId: string;
  /** Inode of the pid namespace. */
  pidNamespace: string;
}

export interface OpenOptions {
  /** Absolute path of a segment that the user named; it is never removed by us. */
  path?: string;
  /** Name of a derived segment, `[a-z0-9-]+`, looked for in `directories`. */
  name?: string;
  /** Parents of our own directory, best first. */
  directories?: string[];
  /** Make the segment if it is not there. */
  create: boolean;
  /** The root of the application, noted in the segment, which may be reaped only when the root is dead. */
  root?: ProcessIdentity;
  /** Permission bits and group of the file and the directory, for applications that change uid. */
  mode?: number;
  gid?: number;
  /** Limits of a segment that is made. */
  limits?: HeapLimits;
  /** Whether this process is one of those that replace each other under a root that does not load this package. */
  replaces?: boolean;
}

export interface Binding {
  layout(): Layout;
  /** A text that the main thread keeps for the process's worker threads. */
  choice(): string | null;
  choose(text: string): void;
  /**
   * Takes a turn among the threads of this process; whether this thread has it. A thread keeps a turn until it releases
   * it or ends, and is to release it once the main thread has asked for it. Thread 0 is the main thread.
   */
  takeTurn(about: string, thread: number): boolean;
  /** Releases a turn, or stops waiting for it. The main thread gets one that it waits for. */
  endTurn(about: string, thread: number): void;
  /** The identity of a process of this pid namespace; null if there is none. */
  identity(pid: number): ProcessIdentity | null;
  /**
   * Throws an Error with a code `ERR_MPMETRICS_*`; null if there is none and `create` is false.
   *
   * @param before this isolate's segment, which is not current any more: it is copied, if a stranger removed its file
   */
  openHeap(options: OpenOptions, before?: NativeHeap | null): NativeHeap | null;
}
