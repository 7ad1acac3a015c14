/** What heap storage is given: where its segment comes from, and texts that are shown with series. */

import type { Layout, NativeHeap, Stores } from '../../native';

/** Where a heap comes from; `meeting/` in production. */
export interface HeapSource {
  /** The segment of this application; null where memory storage is to be used or, without `create`, where there is none. May throw. */
  openSegment(options: { create: boolean }): NativeHeap | null;
  /** The heap's layout. */
  layout(): Layout;
  /** Which stores are asked for: at least as strict as the machine's. Throws for a setting that is none. */
  stores(): Stores;
  /** Milliseconds that a scrape waits for the `collect` callbacks of others. */
  collectTimeout(): number;
}

/** A text with the default labels of a registry. */
export interface Defaults {
  text: string;
  types: string;
}
