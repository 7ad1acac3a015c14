/**
 * `collect` callbacks across processes: runs this isolate's for scrapes of others, and asks them for theirs.
 */

import { codeOf, messageOf, warnOnce } from '../../errors';
import type { NativeHeap, NativeWriter } from '../../native';
import { unref } from '../../timers';
import { isCollecting, type Collect } from '../collecting';
import type { Keeping } from './keeping';

// Kept, because tests replace the global ones.
const { setTimeout, clearTimeout } = globalThis;

/** A ring, and the promise of its answers. */
export interface Ring {
  readonly number: number;
  /** Resolves once all others have run their callbacks, or the time for that is over. */
  readonly answers: Promise<void>;
  /** The scrape that rang has read. */
  over(): void;
}

/** The isolate that answers. */
export interface Called {
  /** Its `collect` callbacks, as they are now. */
  callbacks(): Collect[];
  /** Moves what waits for the heap's lock into the heap: see {@link Backlog.emptied}. */
  emptied(): Promise<void> | undefined;
}

export class Doorbell {
  private readonly isolate: Called;
  private readonly patience: () => number;
  private readonly keeping: Keeping;
  private heap: NativeHeap | null = null;
  private writer: NativeWriter | null = null;
  /** The run whose callbacks have not settled; at most one is in flight, and one more waits for it. */
  private run: object | null = null;
  private again = false;
  /** True while callbacks wait until the scrapes for which they last ran have read. */
  private waits = false;

  /**
   * @param isolate whose callbacks are called
   * @param patience milliseconds that a scrape waits for others, and a run for its callbacks
   * @param keeping keeps back resets while scrapes are under way for which callbacks ran
   */
  constructor(isolate: Called, patience: () => number, keeping: Keeping) {
    this.isolate = isolate;
    this.patience = patience;
    this.keeping = keeping;
  }

  /** From now on scrapes of others ask for this isolate's callbacks. Never throws. */
  listen(heap: NativeHeap, writer: NativeWriter): void {
    if (this.writer === writer) return;
    this.silence();
    try {
      heap.listen(this.rung);
      this.heap = heap;
      this.writer = writer;
    } catch (error) {
      // The next slow path finds that the slot was lost, and declares everything again.
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
   * @returns undefined if there is nothing to wait for
   */
  ring(heap: NativeHeap): Ring | undefined {
    if (isCollecting()) return undefined;
    let answered!: () => void;
    const answers = new Promise<void>((resolve) => {
      answered = resolve;
    });
    try {
      const number = heap.ring(this.patience(), answered);
      if (number === null) return undefined;
      const over = (): void => {
        heap.over(number);
      };
      return { number, answers, over };
    } catch {
      // If the heap is at fault, the scrape that follows says so; otherwise it only shows older values.
      return undefined;
    }
  }

  private readonly rung = (): void => {
    if (this.run === null) this.begin();
    else this.again = true;
  };

  /**
   * Answers the rings for which the callbacks have run already, for a scrape of this isolate that is under way.
   * Otherwise two processes that scrape at the same time would wait for each other.
   */
  catchUp(): void {
    const { ran } = this.keeping;
    if (this.waits && ran !== null) this.heap?.answer(ran);
  }

  private begin(): void {
    const { heap } = this;
    const ready = this.keeping.ready();
    if (heap !== null && ready !== undefined) {
      this.delay(ready);
      return;
    }
    // Read before the callbacks run: they answer all rings up to here.
    const bell = heap?.begin() ?? null;
    if (heap === null || bell === null) return;
    const callbacks = this.isolate.callbacks();
    if (callbacks.length === 0) {
      this.silence();
      return;
    }
    this.keeping.answers(heap);
    const waiting: Promise<void>[] = [];
    for (const callback of callbacks) {
      try {
        const result = callback();
        if (result !== undefined) waiting.push(result);
      } catch {
        // This process's own scrapes reject with it; scrapes of others show the last values.
      }
    }
    // What waits for the heap's lock is to be in the scrape: callbacks may reset it once they have returned.
    const emptied = this.isolate.emptied();
    if (emptied !== undefined) waiting.push(emptied);
    if (waiting.length === 0) heap.answer(bell);
    else this.await(heap, bell, waiting);
  }

  private delay(ready: Promise<void>): void {
    const run = {};
    this.run = run;
    this.waits = true;
    this.catchUp();
    void ready.then(() => {
      this.waits = false;
      // The same run answers rings that came meanwhile.
      this.again = true;
      this.end(run);
    });
  }

  private await(heap: NativeHeap, bell: number, waiting: Promise<void>[]): void {
    const run = {};
    this.run = run;
    // Callbacks that never settle must not keep later rings from running them.
    const timer = setTimeout(() => {
      this.end(run);
    }, this.patience());
    unref(timer);
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
