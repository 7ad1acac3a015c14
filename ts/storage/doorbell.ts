/**
 * `collect` callbacks across processes: this isolate's for the scrapes of others, and theirs for its own.
 */

import { codeOf, messageOf, warnOnce } from '../errors';
import type { NativeHeap, NativeWriter } from '../native';
import { isCollecting } from './collecting';

/** Runs a metric's callback; may throw, and what it returns may reject. */
export type Collect = () => Promise<void> | undefined;

// Kept, because tests fake the global ones.
const { setTimeout, clearTimeout } = globalThis;

export class Doorbell {
  private readonly callbacks: () => Collect[];
  private readonly patience: () => number;
  private heap: NativeHeap | null = null;
  private writer: NativeWriter | null = null;
  /** The run whose callbacks have not settled; at most one is in flight, and one waits for it. */
  private run: object | null = null;
  private again = false;

  /**
   * @param callbacks those of this isolate, as they are now
   * @param patience milliseconds that a scrape waits for others, and a run for its callbacks
   */
  constructor(callbacks: () => Collect[], patience: () => number) {
    this.callbacks = callbacks;
    this.patience = patience;
  }

  /** Lets the scrapes of others ask for this isolate's callbacks. Never throws. */
  listen(heap: NativeHeap, writer: NativeWriter): void {
    if (this.writer === writer) return;
    this.silence();
    try {
      heap.listen(this.rung);
      this.heap = heap;
      this.writer = writer;
    } catch (error) {
      // A slot that was lost is found by the next slow path, and everything declared again.
      if (codeOf(error) === 'ERR_MPMETRICS_LOST') return;
      warnOnce(
        'MPMETRICS_COLLECT',
        `scrapes of other processes will not run this one's collect callbacks: ${messageOf(error)}`,
      );
    }
  }

  /** Ends {@link listen}. */
  silence(): void {
    const { heap } = this;
    this.heap = null;
    this.writer = null;
    heap?.silence();
  }

  /**
   * Asks all others to run their callbacks, unless this is called by one.
   *
   * @returns what resolves once they have, or the time for it is over; undefined if there is nothing to
   *   wait for
   */
  ring(heap: NativeHeap): Promise<void> | undefined {
    if (isCollecting()) return undefined;
    let answered!: () => void;
    const answers = new Promise<void>((resolve) => {
      answered = resolve;
    });
    try {
      return heap.ring(this.patience(), answered) ? answers : undefined;
    } catch {
      // The scrape that follows says what is wrong with the heap; else only freshness is lost.
      return undefined;
    }
  }

  private readonly rung = (): void => {
    if (this.run === null) this.begin();
    else this.again = true;
  };

  private begin(): void {
    const { heap } = this;
    // Before the callbacks run: what they compute is an answer to all rings up to here.
    const bell = heap?.begin() ?? null;
    if (heap === null || bell === null) return;
    const callbacks = this.callbacks();
    if (callbacks.length === 0) {
      this.silence();
      return;
    }
    const waiting: Promise<void>[] = [];
    for (const callback of callbacks) {
      try {
        const result = callback();
        if (result !== undefined) waiting.push(result);
      } catch {
        // This process's own scrapes reject with it; others are served what there is.
      }
    }
    if (waiting.length === 0) heap.answer(bell);
    else this.await(heap, bell, waiting);
  }

  private await(heap: NativeHeap, bell: number, waiting: Promise<void>[]): void {
    const run = {};
    this.run = run;
    // Callbacks that never settle must not keep later rings from running them.
    const timer = setTimeout(() => {
      this.end(run);
    }, this.patience());
    timer.unref();
    void Promise.allSettled(waiting).then(() => {
      clearTimeout(timer);
      heap.answer(bell);
      this.end(run);
    });
  }

  private end(run: object): void {
    if (this.run !== run) return;
    this.run = null;
    if (!this.again) return;
    this.again = false;
    this.begin();
  }
}
