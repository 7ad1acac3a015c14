/** What heap storage needs from outside: its segment, and the texts of default labels. */

import type { Layout, NativeHeap, Stores } from '../../native';

/** Where a heap comes from; `meeting/` in production. */
export interface HeapSource {
  /**
   * The segment of this application; null if memory storage is to be used or, without `create`, if there is none. May
   * throw.
   */
  openSegment(options: { create: boolean }): NativeHeap | null;
  /** The heap's layout. */
  layout(): Layout;
  /** Which stores the settings ask for. Throws for an invalid setting. */
  stores(): Stores;
  /** Milliseconds that a scrape waits for the `collect` callbacks of others. */
  collectTimeout(): number;
}

/** A text with the default labels of a registry. */
export interface Defaults {
  text: string;
  types: string;
}
