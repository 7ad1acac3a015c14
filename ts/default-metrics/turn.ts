/**
 * The turn: which thread of a process reports the process' figures, so that they are counted once. It is the main
 * thread if that collects default metrics, else the first thread that does, until it ends. If the main thread begins
 * later, the thread that has the turn hides its figures and gives the turn up the next time its callbacks run.
 */

import { threadId } from 'worker_threads';

import { loadBinding } from '../binding';
import { heap } from '../storage';

export class Turn {
  /** Settles when the other thread has given the turn up or does not answer in time; undefined without such a wait. */
  asked: Promise<void> | undefined;
  private readonly about: string;
  /** True after {@link end}: a turn that was taken later would never be given back. */
  private over = false;

  /** @param about names the turn: threads with the same text share one */
  constructor(about: string) {
    this.about = about;
    // Asks the thread that has the turn to run its callbacks now: there may be no scrape that asks other threads.
    if (this.take() || threadId !== 0) return;
    const ring = heap.scrapes.ring();
    this.asked = ring?.answers.then(() => {
      ring.over();
      this.asked = undefined;
    });
  }

  /** Takes the turn if it is free. Returns whether this thread has it. */
  take(): boolean {
    return !this.over && loadBinding()!.takeTurn(this.about, threadId);
  }

  /** Gives up the turn if this thread has it and is not the main thread, which gets the turn if it waits for it. */
  give(): void {
    if (threadId !== 0 && !this.over) this.leave();
  }

  /** Gives the turn up for good. */
  end(): void {
    this.over = true;
    this.leave();
  }

  private leave(): void {
    loadBinding()!.endTurn(this.about, threadId);
  }
}
