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
  /** True while a part of the metric waits to move into the heap. */
  readonly waiting: boolean;
  /** Number of handles, octave buckets and declarations of the metric that wait for the heap lock. */
  readonly left: number;
  /** Declares the metric, so that it is shown even without series. */
  declare(): Status;
  /** Moves pending handles and buckets into the heap. Stops at the first that still has to wait. */
  moveIn(): Status;
  /** Points handles to the same cells in a copy of the segment, in which the writer goes on. */
  follow(before: Views): void;
  /**
   * Detaches handles from the blocks of a lost writer, which belong to the adopter of its slot.
   *
   * @param left the lost writer, if the whole segment was left for another, so that all counts move; otherwise null
   */
  orphan(left: NativeWriter | null): void;
  /** Moves the metric to memory storage, because the heap is corrupt or a native call failed. */
  leave(): void;
}
