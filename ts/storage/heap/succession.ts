/**
 * The parts of heap storage for the case that a stranger (systemd's `RemoveIPC`, a cleaner of temporary files) removes
 * the segment's file: the check for the file, and the transfer of counts to the copy that replaces the segment.
 */

import { warnOnce } from '../../errors';
import type { NativeHeap } from '../../native';
import { now, unref } from '../../timers';

/** Milliseconds between two checks for the file: usually, and after a check that could not finish. */
const PERIOD = 1_000;
const SOON = 50;

// Saved here, because tests replace the global ones.
const { setTimeout } = globalThis;

/** Calls a function again and again while the program runs; does not keep the process alive. */
export class Watch {
  private begun = false;
  private readonly look: () => boolean;

  /** @param look returns false to be called again soon */
  constructor(look: () => boolean) {
    this.look = look;
  }

  /** Begins, unless it has begun. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    this.wait(PERIOD);
  }

  private wait(milliseconds: number): void {
    const timer = setTimeout(() => {
      this.wait(this.look() ? PERIOD : SOON);
    }, milliseconds);
    unref(timer);
  }
}

/**
 * Milliseconds for which updates of shared gauges may block the event loop in all, while they wait for the copy of a
 * segment. Usually the copy is there within a millisecond, but the process that makes it may have lost its processor,
 * or be stopped.
 */
const PATIENCE = 1_000;
/** Milliseconds between two looks for the copy. */
const PAUSE = 2;

/** The time for which this isolate still waits for the copy of its segment. */
export class Patience {
  private left = PATIENCE;
  private readonly never = new Int32Array(new SharedArrayBuffer(4));

  /** True if the isolate waits no longer. */
  get over(): boolean {
    return this.left <= 0;
  }

  /**
   * Calls a function that looks for the copy. If it returns false, pauses, and subtracts the time that the call and the
   * pause took from the time that is left. If it returns true, the copy was found, and nothing is subtracted.
   */
  spend(look: () => boolean): void {
    const begun = now();
    if (look()) return;
    Atomics.wait(this.never, 0, 0, PAUSE);
    this.left -= now() - begun;
  }

  /** Begins again, because the copy was found. */
  renew(): void {
    this.left = PATIENCE;
  }
}

/** The segments that this isolate left for copies, as long as other writers still have to follow from them. */
export class Left {
  private all: NativeHeap[] = [];

  /** Adds a segment that was left. */
  add(segment: NativeHeap): void {
    this.all.push(segment);
  }

  /** Copies the counts of writers that died in these segments. Forgets segments from which no writer is awaited. */
  moveIn(to: NativeHeap): void {
    this.all = this.all.filter((segment) => {
      try {
        return to.copyForDead(segment) !== 0;
      } catch {
        return true;
      }
    });
  }
}

/** Warns, once, that the metrics of the application go on in another file. */
export function warnOfRemoval(path: string, now: string): void {
  const to = path === now ? 'a new file of that name' : now;
  warnOnce(
    'MPMETRICS_REMOVED',
    `${path} was removed while it was in use (by systemd's RemoveIPC, or a cleaner of temporary files, perhaps); all figures go on in ${to}`,
  );
}
