/**
 * Which thread reports the figures of the process: the main thread if it calls, else the first thread that did, until
 * it ends. If the main thread calls later, the thread that has the turn gives it up when it is next asked to collect,
 * after it has hidden its figures: nothing is counted twice.
 */

import { threadId } from 'worker_threads';

import { loadBinding } from '../binding';
import { heap } from '../storage';

export class Turn {
  /** Settles when the previous thread has given it up, or is too slow; undefined if there is nothing to wait for. */
  asked: Promise<void> | undefined;
  private readonly about: string;
  /** A turn that was taken after the end would never be given back. */
  private over = false;

  /** @param about the same text in all threads that are to share it */
  constructor(about: string) {
    this.about = about;
    // The thread that has it is to know soon, also if scrapes ask no other thread.
    if (this.take() || threadId !== 0) return;
    const ring = heap.scrapes.ring();
    this.asked = ring?.answers.then(() => {
      ring.over();
      this.asked = undefined;
    });
  }

  /** Takes the turn; whether this thread has it. */
  take(): boolean {
    return !this.over && loadBinding()!.takeTurn(this.about, threadId);
  }

  /** Gives it to the main thread, if that wants it. */
  give(): void {
    if (threadId !== 0 && !this.over) this.leave();
  }

  /** Gives it up for good. */
  end(): void {
    this.over = true;
    this.leave();
  }

  private leave(): void {
    loadBinding()!.endTurn(this.about, threadId);
  }
}
