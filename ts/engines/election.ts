/** Which isolate of an application pushes. */

import { Candidate, heap } from '../storage';

/** Chooses one isolate. */
export interface Election {
  /** Stands for election. Returns whether this isolate is elected now; throws or rejects if the system refuses. */
  won(): boolean | Promise<boolean>;
  /** Gives the election up. */
  leave(): void | Promise<void>;
}

/** The election by a lock in the segment: one isolate of the application is elected for each name. */
export class ApplicationElection implements Election {
  private readonly candidate: Candidate;

  constructor(name: string) {
    this.candidate = new Candidate(heap, name);
  }

  won(): boolean {
    return this.candidate.elected();
  }

  leave(): void {
    this.candidate.leave();
  }
}
