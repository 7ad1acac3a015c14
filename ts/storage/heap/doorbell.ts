/**
 * `collect` callbacks across processes: runs this isolate's callbacks for scrapes of other writers, and asks other
 * writers to run theirs for this isolate's scrapes.
 */

import { codeOf, messageOf, warnOnce } from '../../errors';
import type { NativeHeap, NativeWriter } from '../../native';
import { unref } from '../../timers';
import { isCollecting, type Collect } from '../collecting';
import type { Keeping } from './keeping';

// Saved here, because tests replace the global ones.
const { setTimeout, clearTimeout } = globalThis;

/** A ring, and the promise of its answers. */
export interface Ring {
  readonly number: number;
  /** Resolves once all other writers have run their callbacks, or the time for that is over. */
  readonly answers: Promise<void>;
  /** Notes that the scrape that rang has read. */
  over(): void;
}

/** The isolate whose callbacks answer rings. */
export interface Called {
  /** Returns its present `collect` callbacks. */
  callbacks(): Collect[];
  /** Tries the calls in the backlog, and resolves when it is empty: see {@link Backlog.emptied}. */
  emptied(): Promise<void> | undefined;
}

export class Doorbell {
  private readonly isolate: Called;
  private readonly patience: () => number;
  private readonly keeping: Keeping;
  private heap: NativeHeap | null = null;
  private writer: NativeWriter | null = null;
  /** The run whose callbacks have not settled. At most one run is under way, and at most one more waits for it. */
  private run: object | null = null;
  private again = false;
  /** True while callbacks wait until the scrapes for which they last ran have read. */
  private waits = false;

  /**
   * @param isolate the isolate whose callbacks are called
   * @param patience milliseconds that a scrape waits for other writers, and that a run waits for its callbacks
   * @param keeping keeps back resets while scrapes for which callbacks ran are under way
   */
  constructor(isolate: Called, patience: () => number, keeping: Keeping) {
    this.isolate = isolate;
    this.patience = patience;
    this.keeping = keeping;
  }

  /** Makes scrapes of other writers ask for this isolate's callbacks from now on. Never throws. */
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
   * Asks all other writers to run their callbacks. Does nothing if a callback calls this.
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
      // If the heap is damaged, the scrape that follows reports it. Otherwise that scrape only shows older values of
      // other writers.
      return undefined;
    }
  }

  private readonly rung = (): void => {
    if (this.run === null) this.begin();
    else this.again = true;
  };

  /**
   * Answers rings of other writers while the run for them is delayed. A scrape of this isolate may have rung too, have
   * run all callbacks after that, and still be under way. The callbacks need not run again for a ring that came before
   * the ring of that scrape, so this answers all rings up to that one. Otherwise two processes that scrape at the same
   * time would wait for each other.
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
    // The bell is read before the callbacks run, because they answer all rings up to this moment.
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
        // This process's own scrapes reject with the error; scrapes of others show the last values.
      }
    }
    // Pending counts have to be in the heap before the scrape reads: the program may reset them after the callbacks.
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
      // The next run also answers rings that came meanwhile.
      this.again = true;
      this.end(run);
    });
  }

  private await(heap: NativeHeap, bell: number, waiting: Promise<void>[]): void {
    const run = {};
    this.run = run;
    // A callback that never settles must not prevent runs for later rings.
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
