/** Calls that have to wait because another process holds the heap lock, and are tried again until they succeed. */

import { Status } from '../../native';
import { unref } from '../../timers';

/** Milliseconds before waiting calls are tried again; doubled up to the longest while none succeeds. */
const FIRST_DELAY = 20;
const LONGEST_DELAY = 2_000;
/** Milliseconds of one try: if many processes want the lock, each call waits for it some of these. */
const TURN = 20;
/** Most calls that wait; further ones are made without the lock, which takes longer. */
const MOST = 10_000;

// Kept, because tests replace the global one.
const now = performance.now.bind(performance);

/** The heap storage on which the calls are made. */
export interface Backlogged {
  /** True once it was left for good. */
  readonly dead: boolean;
  /** Makes a call; if the slot was lost, again in another one. */
  attemptTwice(call: () => Status): Status;
  /** Pending work of its own, which comes after the calls. */
  waiting(): readonly (() => Status)[];
  /** How much that is. */
  left(): number;
  /** Leaves it for good, because it is corrupt. */
  abandon(): void;
}

export class Backlog {
  private readonly heap: Backlogged;
  private readonly calls: (() => Status)[] = [];
  /** Called when nothing waits any more. */
  private readonly emptying: (() => void)[] = [];
  private timer: NodeJS.Timeout | null = null;
  private delay = FIRST_DELAY;
  /** When the present try has to end. */
  private end = Infinity;
  private trying = false;
  /** Whether something was added to the backlog in the middle of a try. */
  private more = false;
  /** Whether {@link flush} is called when the process exits. */
  private listening = false;
  /** True after no slot could be claimed, until {@link flush} tries again. */
  slotless = false;

  constructor(heap: Backlogged) {
    this.heap = heap;
  }

  /** True while something waits. */
  get busy(): boolean {
    return this.timer !== null;
  }

  /** True if a try has to leave the rest to the next one, so that the event loop goes on. */
  get late(): boolean {
    return now() >= this.end;
  }

  /** Makes a call now, or later if the heap is busy. */
  now(call: () => Status): void {
    if (this.heap.dead) return;
    const waits = this.busy && this.calls.length < MOST;
    if (!waits && this.done(call) !== false) return;
    this.calls.push(call);
    this.later();
  }

  /** Makes sure that waiting calls are tried again. */
  later(): void {
    this.more = true;
    if (this.heap.dead || this.timer !== null || this.trying) return;
    this.timer = setTimeout(() => {
      this.again(TURN);
    }, this.delay);
    unref(this.timer);
    if (!this.listening) process.on('exit', this.flush);
    this.listening = true;
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY);
  }

  /**
   * Tries all waiting calls, before a scrape and at exit. Stops at the first that finds the heap busy, so that it
   * blocks for one deadline only.
   */
  readonly flush = (): void => {
    this.again(Infinity);
  };

  /**
   * Tries all that waits.
   *
   * @returns what resolves when nothing waits any more; undefined if nothing does
   */
  emptied(): Promise<void> | undefined {
    this.flush();
    if (this.timer === null) return undefined;
    return new Promise((resolve) => this.emptying.push(resolve));
  }

  private again(turn: number): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.slotless = false;
    const before = this.left;
    if (this.flushAll(turn)) {
      this.calm();
      return;
    }
    // If many processes want the lock, each try makes some progress. After longer pauses, more would have come than was
    // done.
    if (this.left < before || this.late) this.delay = FIRST_DELAY;
    this.later();
  }

  private get left(): number {
    return this.calls.length + this.heap.left();
  }

  /** Tries the waiting calls, unless a later try is scheduled. */
  flushUnlessScheduled(): void {
    if (this.heap.dead || this.busy) return;
    if (!this.flushAll(TURN)) this.later();
  }

  /** Forgets the waiting calls. */
  clear(): void {
    this.calls.length = 0;
    this.calm();
  }

  /** Tries all waiting calls, also those that are added meanwhile; false if some still have to wait. */
  private flushAll(turn: number): boolean {
    this.end = now() + turn;
    this.trying = true;
    try {
      do {
        this.more = false;
        if (!this.flushEach()) return false;
      } while (this.more);
      return true;
    } finally {
      this.trying = false;
    }
  }

  private flushEach(): boolean {
    while (this.calls.length > 0) {
      const done = this.done(this.calls[0]!);
      if (done !== true) return done === null;
      this.calls.shift();
      if (this.late) return false;
    }
    for (const call of this.heap.waiting()) {
      const done = this.done(call);
      if (done !== true) return done === null;
      if (this.late) return false;
    }
    return true;
  }

  /** Makes a call; false if it has to wait, null if the heap was left because of it. */
  private done(call: () => Status): boolean | null {
    const status = this.heap.attemptTwice(call);
    if (status === Status.Corrupt) {
      this.heap.abandon();
      return null;
    }
    return status !== Status.Busy && status !== Status.Lost;
  }

  private calm(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.delay = FIRST_DELAY;
    process.removeListener('exit', this.flush);
    this.listening = false;
    for (const resolve of this.emptying.splice(0)) resolve();
  }
}
