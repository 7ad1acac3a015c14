/** Exemplars of one metric's series: in the heap, or in this process's memory while a series is pending. */

import { Status, statusOf } from '../../native';
import { Backing, type Handle } from '../cells/handle';
import type { Exemplar } from '../data';
import { Exemplars } from '../exemplars';
import { rescueExpired } from '../expiry';
import { owns } from './declaration';
import type { HeapStorage } from './storage';

/** The first argument of the native writer's `exemplar`. */
const numbers = new Float64Array(8);

export class HeapExemplars {
  /** Exemplars of pending series. */
  readonly waiting = new Exemplars();
  /** Whether there may be exemplars in the heap. */
  any = false;
  private readonly host: HeapStorage;

  constructor(host: HeapStorage) {
    this.host = host;
  }

  /** Records an exemplar of a series that was just updated. */
  exemplify(h: Handle, exemplar: Exemplar): void {
    if (this.recorded(h, exemplar, false)) return;
    // Making room may give blocks of expired series to other series. So updates in these blocks are rescued first,
    // perhaps also the update to which this exemplar belongs.
    rescueExpired();
    this.recorded(h, exemplar, true);
  }

  /** @returns false if room has to be made for the exemplar first */
  private recorded(h: Handle, { bucket, value, time, label }: Exemplar, room: boolean): boolean {
    if (h.backing === Backing.Pending) {
      this.waiting.record(h, { bucket, value, time, label });
      return true;
    }
    if (!owns(h)) return true;
    this.any = true;
    numbers[0] = h.slab;
    numbers[1] = h.first;
    numbers[2] = h.number;
    numbers[3] = h.generation;
    numbers[4] = bucket;
    numbers[5] = value;
    numbers[6] = time;
    numbers[7] = room ? 1 : 0;
    const { text, types } = label;
    // Native code counts exemplars that it does not record. If the heap lock is taken, the call is not tried again.
    const status = this.host.attempt(() =>
      statusOf(this.host.writer.exemplar(numbers, text, types)),
    );
    if (status === Status.Corrupt) this.host.abandon();
    return room || status !== Status.Full;
  }
}
