/** The backlog: calls that wait because another writer has the heap lock, and are tried again until they succeed. */

import { Status } from '../../native';
import { now, unref } from '../../timers';

/**
 * Milliseconds before waiting calls are tried again. Doubled after each try, up to LONGEST_DELAY, while none succeeds.
 */
const FIRST_DELAY = 20;
const LONGEST_DELAY = 2_000;
/**
 * Milliseconds after which a try ends. If many processes want the lock, each call of a try waits for it for some time.
 */
const TURN = 20;
/** Milliseconds for which an isolate that ends waits for the lock. A holder that lost its processor is back by then. */
const LAST_WAIT = 1_000;
/** Milliseconds between two tries of an isolate that ends. */
const PAUSE = 1;
/** The number of waiting calls from which on a new call is tried at once, although others wait. */
const MOST = 10_000;

/** The heap storage on which a backlog makes its calls. */
export interface Backlogged {
  /** True once the storage has given up its heap. */
  readonly dead: boolean;
  /** Makes a call. If the slot was lost, claims another one and makes the call again. */
  attemptTwice(call: () => Status): Status;
  /** Returns the calls that move pending series and buckets into the heap, to be made after those of the backlog. */
  waiting(): readonly (() => Status)[];
  /** How many series, octave buckets and declarations of metrics wait for the heap lock, beside the backlog's calls. */
  left(): number;
  /** Gives up the heap, because it is corrupt. */
  abandon(): void;
}

export class Backlog {
  private readonly heap: Backlogged;
  private readonly calls: (() => Status)[] = [];
  /** Called when nothing waits any more. */
  private readonly emptying: (() => void)[] = [];
  private timer: NodeJS.Timeout | null = null;
  private delay = FIRST_DELAY;
  /** The time at which the present try has to end. */
  private end = Infinity;
  private trying = false;
  /** Whether something was added to the backlog in the middle of a try. */
  private more = false;
  /** Whether {@link leave} is called when the process exits. */
  private listening = false;
  /** True from an attempt to claim a slot until the attempt succeeds, or the waiting calls are tried again. */
  slotless = false;

  constructor(heap: Backlogged) {
    this.heap = heap;
  }

  /** True while something in the backlog waits for the next try; false during a try, which may take the heap lock. */
  get busy(): boolean {
    return this.timer !== null;
  }

  /** True if a try has to leave the rest to the next one, so that the event loop goes on. */
  get late(): boolean {
    return now() >= this.end;
  }

  /** Makes a call now, or later if the heap lock is taken. */
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
    this.schedule();
  }

  /** Makes the next try come soon, because what the calls wait for may have changed. */
  hurry(): void {
    this.delay = FIRST_DELAY;
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.schedule();
  }

  private schedule(): void {
    this.timer = setTimeout(() => {
      this.again(TURN);
    }, this.delay);
    unref(this.timer);
    if (!this.listening) process.on('exit', this.leave);
    this.listening = true;
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY);
  }

  /**
   * Tries all waiting calls, before a scrape. Stops at the first that does not get the heap lock, so that the scrape
   * does not wait for the lock once for each call.
   */
  flush(): void {
    this.again(Infinity);
  }

  /**
   * Tries all waiting calls until they succeed, for {@link LAST_WAIT} at most. Called when the isolate ends, because
   * what still waits then is lost with it.
   */
  readonly leave = (): void => {
    const until = now() + LAST_WAIT;
    this.flushUnlessScheduled();
    while (this.busy && now() < until) {
      this.flush();
      if (this.busy) pause(PAUSE);
    }
  };

  /**
   * Tries all waiting calls.
   *
   * @returns a promise that resolves when no call waits any more; undefined if none waits now
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
    // If many processes want the lock, each try makes some progress. With longer pauses, more calls would be added
    // between two tries than one try makes.
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

  /** Makes a call. Returns false if it has to wait, null if the heap was given up because it is corrupt. */
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
    process.removeListener('exit', this.leave);
    this.listening = false;
    for (const resolve of this.emptying.splice(0)) resolve();
  }
}

/** Blocks this thread for some milliseconds. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
