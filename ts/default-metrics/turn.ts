/**
 * Whose turn it is to report what a process has once: the main thread's if it wants to, else the thread's that came
 * first, until it ends. One that has the turn gives it up when it is next asked to collect, after it has hidden what
 * it shows: nothing is counted twice.
 */

import { threadId } from 'node:worker_threads';

import { loadBinding } from '../binding';
import { heap } from '../storage';

export class Turn {
  private readonly about: string;

  /** @param about the same text in all threads that are to share it */
  constructor(about: string) {
    this.about = about;
    // Who has it is to know soon, also where scrapes ask no other thread.
    if (!this.take() && threadId === 0) void heap.ring();
  }

  /** Takes the turn, or tells whether it is still this thread's. */
  take(): boolean {
    return loadBinding()!.takeTurn(this.about, threadId);
  }

  /** Lets others have it. */
  end(): void {
    loadBinding()!.endTurn(this.about, threadId);
  }
}
