/** A candidate of this isolate in an election of its application. */

import type { NativeCandidate, NativeHeap } from '../../native';

/** What a candidate needs of heap storage. */
interface Place {
  /** The segment that this isolate has. */
  readonly heap: NativeHeap | null;
  /** Makes sure that the current segment is open; returns false in memory storage. */
  open(create: boolean): boolean;
}

export class Candidate {
  private readonly place: Place;
  private readonly name: string;
  private native: NativeCandidate | null = null;
  /** The segment in which {@link native} stands. */
  private segment: NativeHeap | null = null;

  /** @param name of the election: candidates of other names do not exclude each other */
  constructor(place: Place, name: string) {
    this.place = place;
    this.name = name;
  }

  /**
   * Stands for election. Of the candidates with this name in all isolates of the application, one is elected, and stays
   * so until it leaves or its isolate ends. An isolate in memory storage is an application of its own, and always
   * elected.
   *
   * If a stranger removed the segment's file, no candidate is elected until there is a copy. Then the election is held
   * in the copy. Two isolates may be elected at the same time, while one of them has not found out about the removal, so
   * what the elected isolate does must do no harm if two do it.
   *
   * @returns whether this isolate is elected now. Throws an Error with a code if the system refuses the lock
   */
  elected(): boolean {
    if (!this.place.open(true)) {
      this.leave();
      return true;
    }
    const { heap } = this.place;
    if (heap?.current !== true) return false;
    if (heap !== this.segment) {
      this.leave();
      this.native = heap.candidate(this.name);
      this.segment = heap;
    }
    return this.native!.stand();
  }

  /** Ends the candidate: another one can be elected. {@link elected} stands again. */
  leave(): void {
    this.native?.leave();
    this.native = null;
    this.segment = null;
  }
}
