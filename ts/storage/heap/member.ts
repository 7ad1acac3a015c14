/** A metric that is in the heap, as heap storage sees it. */

import type { NativeWriter, Status } from '../../native';
import type { Roster } from '../roster';
import type { Views } from './views';

export interface Member {
  /** The registry's. */
  readonly tag: string;
  readonly name: string;
  /** The metric's handles. */
  readonly roster: Pick<Roster, 'collect' | 'retry'>;
  /** True while something of it waits to move into the heap. */
  readonly waiting: boolean;
  /** How much that is: handles, buckets of summaries, and the metric itself. */
  readonly left: number;
  /** Declares it, so that it is shown even without series. */
  declare(): Status;
  /** Moves what waits into the heap. Stops at the first that has to go on waiting. */
  settle(): Status;
  /** The writer went on in a copy of the segment: handles are pointed to the same places in it. */
  follow(before: Views): void;
  /**
   * The writer is gone, and its blocks belong to whoever adopts its slot.
   *
   * @param left it, where the whole segment was left for another, so that everything comes along; else null
   */
  orphan(left: NativeWriter | null): void;
  /** Leaves the heap for memory storage: its bytes cannot be trusted. */
  leave(): void;
}
