/**
 * The turn: the thread that has it reports the figures of the process, so that they are counted once. The main thread
 * has the turn if it collects default metrics; otherwise the first thread that collects them has it until that thread
 * ends or stops collecting them. If the main thread begins later, the thread that has the turn hides its gauges and
 * gives the turn up the next time its callbacks run.
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

  /** Takes the turn if it is free. Returns whether this thread has the turn and may keep it. */
  take(): boolean {
    return !this.over && loadBinding()!.takeTurn(this.about, threadId);
  }

  /** Gives the turn up, unless this is the main thread. If the main thread waits for the turn, it gets the turn. */
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
