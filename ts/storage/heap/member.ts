/** A metric that is in the heap, as heap storage sees it. */

import type { NativeWriter, Status } from '../../native';
import type { Roster } from '../roster';
import type { Views } from './views';

export interface Member {
  /** The registry's tag. */
  readonly tag: string;
  readonly name: string;
  /** The metric's handles. */
  readonly roster: Pick<Roster, 'collect' | 'retry'>;
  /** True while something of it is to move into the heap. */
  readonly waiting: boolean;
  /** How much that is: handles, buckets of summaries, and the declaration. */
  readonly left: number;
  /** Declares it, so that it is shown even without series. */
  declare(): Status;
  /** Moves what is pending into the heap. Stops at the first that still has to wait. */
  moveIn(): Status;
  /** The writer went on in a copy of the segment: points handles to the same cells there. */
  follow(before: Views): void;
  /**
   * The writer is gone, and its blocks belong to the adopter of its slot.
   *
   * @param left the writer, if the whole segment was left for another, so that all counts are moved; else null
   */
  orphan(left: NativeWriter | null): void;
  /** Leaves the heap for memory storage: its bytes cannot be trusted. */
  leave(): void;
}
