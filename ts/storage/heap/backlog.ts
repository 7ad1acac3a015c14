/** What has to wait because another process holds the heap's lock, and is tried again until it is done. */

import { Status } from '../../native';
import { unref } from '../../timers';

/** Milliseconds before what waits is tried again; doubled up to the longest while nothing of it can be done. */
const FIRST_DELAY = 20;
const LONGEST_DELAY = 2_000;
/** Milliseconds for which one try goes on: where many want the lock, each call waits for it some of them. */
const TURN = 20;
/** Most calls that wait; further ones are made without the lock, which takes longer. */
const MOST = 10_000;

// Kept, because tests fake the global one.
const now = performance.now.bind(performance);

/** What the calls are made on. */
export interface Backlogged {
  /** True once it was left for good. */
  readonly dead: boolean;
  /** Makes a call, if need be in another slot than before. */
  attemptTwice(call: () => Status): Status;
  /** What it has itself that waits, after the calls. */
  waiting(): readonly (() => Status)[];
  /** How much that is. */
  left(): number;
  /** Leaves it for good: it contradicts itself. */
  abandon(): void;
}

export class Backlog {
  private readonly heap: Backlogged;
  private readonly calls: (() => Status)[] = [];
  private timer: NodeJS.Timeout | null = null;
  private delay = FIRST_DELAY;
  /** When the try that goes on is to end. */
  private end = Infinity;
  private trying = false;
  /** Whether something came to wait in the middle of a try. */
  private more = false;
  /** Whether it is told when the process exits. */
  private listening = false;
  /** True after a slot was refused, until {@link flush} asks again. */
  slotless = false;

  constructor(heap: Backlogged) {
    this.heap = heap;
  }

  /** True while something waits. */
  get busy(): boolean {
    return this.timer !== null;
  }

  /** True if a try is to leave the rest to the next one: the event loop has other things to do. */
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

  /** Sees to it that what waits is tried again. */
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
   * Tries all that waits, before a scrape and at exit. Stops at the first that finds the heap busy, so as to block for
   * one deadline only.
   */
  readonly flush = (): void => {
    this.again(Infinity);
  };

  private again(turn: number): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.slotless = false;
    const before = this.left;
    if (this.settleAll(turn)) {
      this.calm();
      return;
    }
    // Where many want the lock each try gets some of it done. Longer pauses would let more come than goes.
    if (this.left < before || this.late) this.delay = FIRST_DELAY;
    this.later();
  }

  private get left(): number {
    return this.calls.length + this.heap.left();
  }

  /** Tries what waits, unless it is to wait still. */
  settle(): void {
    if (this.heap.dead || this.busy) return;
    if (!this.settleAll(TURN)) this.later();
  }

  /** Forgets what waits. */
  clear(): void {
    this.calls.length = 0;
    this.calm();
  }

  /** Tries all that waits, also what comes to wait meanwhile; false if some of it has to wait still. */
  private settleAll(turn: number): boolean {
    this.end = now() + turn;
    this.trying = true;
    try {
      do {
        this.more = false;
        if (!this.settleEach()) return false;
      } while (this.more);
      return true;
    } finally {
      this.trying = false;
    }
  }

  private settleEach(): boolean {
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

  /** Makes a call; false if it has to wait, null if the heap was left for it. */
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
  }
}
