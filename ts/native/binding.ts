/** The native module's own functions. */

import type { HeapLimits, NativeHeap } from './heap';

/** Numbers of the heap's layout that JavaScript needs; defined once, in Rust. */
export interface Layout {
  readonly version: number;
  /** 32-bit words between the word that holds a block's flags and its first cell, counted back from `2 * cell`. */
  readonly flagsBack: number;
  /** The bit, in that 32-bit word, that says "this series is not shown". */
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

/** A process, told apart from any other that had or will have its pid. */
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
  /** The root of the application, kept in the segment: who must be dead before it may be reaped. */
  root?: ProcessIdentity;
  /** Permission bits and group of the file and the directory, for applications that change uid. */
  mode?: number;
  gid?: number;
  /** Limits of a segment that is made. */
  limits?: HeapLimits;
  /** Whether this process is one of those that replace each other under a root that only runs them. */
  replaces?: boolean;
}

export interface Binding {
  layout(): Layout;
  /** A text kept for the process by its main thread: what worker threads go by. */
  choice(): string | null;
  choose(text: string): void;
  /**
   * Takes a turn among the threads of this process, or tells whether it is still this thread's: who has one keeps it
   * until it ends it or its thread ends, but is to end it once the main thread has asked. Thread 0 is the main one.
   */
  takeTurn(about: string, thread: number): boolean;
  /** Lets go of a turn, or no longer waits for it. The main thread gets one that it waits for. */
  endTurn(about: string, thread: number): void;
  /** The identity of a process of this pid namespace; null if it is not there. */
  identity(pid: number): ProcessIdentity | null;
  /**
   * Throws an Error with a code `ERR_MPMETRICS_*`; null if it is not there and `create` is false.
   *
   * @param before what this isolate has, and is not current any more: it is copied, if a stranger removed its file
   */
  openHeap(options: OpenOptions, before?: NativeHeap | null): NativeHeap | null;
}
