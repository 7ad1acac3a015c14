/**
 * Whose turn it is to report what a process has once: the main thread's if it wants to, else the thread's that came
 * first, until it ends. One that has the turn gives it up when it is next asked to collect, after it has hidden what
 * it shows: nothing is counted twice.
 */

import { threadId } from 'worker_threads';

import { loadBinding } from '../binding';
import { heap } from '../storage';

export class Turn {
  /** Settles when who had it has given it up, or is too slow; undefined when there is nothing to wait for. */
  asked: Promise<void> | undefined;
  private readonly about: string;
  /** Nobody would give back what was taken after the end. */
  private over = false;

  /** @param about the same text in all threads that are to share it */
  constructor(about: string) {
    this.about = about;
    // Who has it is to know soon, also where scrapes ask no other thread.
    if (this.take() || threadId !== 0) return;
    const ring = heap.scrapes.ring();
    this.asked = ring?.answers.then(() => {
      ring.over();
      this.asked = undefined;
    });
  }

  /** Takes the turn, or tells whether it is still this thread's. */
  take(): boolean {
    return !this.over && loadBinding()!.takeTurn(this.about, threadId);
  }

  /** Lets the main thread have it, if it wants it. */
  give(): void {
    if (threadId !== 0 && !this.over) this.leave();
  }

  /** Lets others have it, for good. */
  end(): void {
    this.over = true;
    this.leave();
  }

  private leave(): void {
    loadBinding()!.endTurn(this.about, threadId);
  }
}
