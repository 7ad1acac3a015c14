/** The states of the heap that errors of native calls stand for. */

import { codeOf } from '../../errors';
import { Status, type NativeHeap } from '../../native';

/** The states of the heap for which a call throws an error, by the code of the error. */
const STATUS: ReadonlyMap<string, Status> = new Map([
  ['ERR_MPMETRICS_BUSY', Status.Busy],
  ['ERR_MPMETRICS_FULL', Status.Full],
  ['ERR_MPMETRICS_LIMIT', Status.Limit],
  ['ERR_MPMETRICS_LOST', Status.Lost],
  ['ERR_MPMETRICS_RETIRED', Status.Lost],
]);

/** Returns the state of the heap for which an error stands; undefined for any other error. */
export function stateOf(error: unknown): Status | undefined {
  return STATUS.get(codeOf(error));
}

/** Hides the gauges in a slot that was lost, whose values move to another slot. */
export function hideLost(heap: NativeHeap): void {
  try {
    heap.hideLost();
  } catch {
    // If the heap lock is not free, the gauges that count the dead stay in the slot. Then scrapes count them in both
    // slots, also after the lost slot is adopted. Any other error occurs again when the next slot is claimed.
  }
}
