/** The data that heap storage gets from outside: its segment, settings, and default labels. */

import type { Layout, NativeHeap, Stores } from '../../native';

/** The source of segments and settings; `meeting/` except in tests. */
export interface HeapSource {
  /**
   * Opens the segment of this application. Returns null if memory storage is to be used, or if there is no segment and
   * `create` is false. The segment's `current` is false if its file was removed and cannot be replaced now. May throw.
   */
  openSegment(options: { create: boolean }): NativeHeap | null;
  /** Returns the heap's layout. */
  layout(): Layout;
  /** Returns the stores that the settings ask for. Throws for an invalid setting. */
  stores(): Stores;
  /** Returns the milliseconds that a scrape waits for the `collect` callbacks of other writers. */
  collectTimeout(): number;
}

/** The default labels of a registry, in the form of `LabelText`. */
export interface Defaults {
  text: string;
  types: string;
}
