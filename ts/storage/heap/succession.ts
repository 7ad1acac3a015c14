/**
 * When a stranger removes the segment's file (systemd's `RemoveIPC`, a cleaner of temporary files): who looks for
 * it, and what is brought along to the copy that takes its place.
 */

import { warnOnce } from '../../errors';
import type { NativeHeap } from '../../native';
import { unref } from '../../timers';

/** Milliseconds between two looks for the file; and while something about it is still to be done. */
const PERIOD = 1_000;
const SOON = 50;

// Kept, because tests fake the global ones.
const { setTimeout } = globalThis;

/** Looks at something for as long as the program runs; keeps nothing alive. */
export class Watch {
  private begun = false;
  private readonly look: () => boolean;

  /** @param look returns false to be called again soon */
  constructor(look: () => boolean) {
    this.look = look;
  }

  /** Begins, unless it has. */
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

/** Segments that were left for copies, as long as writers are awaited from there. */
export class Left {
  private all: NativeHeap[] = [];

  /** One was left. */
  add(segment: NativeHeap): void {
    this.all.push(segment);
  }

  /** Brings along what those counted who died there. */
  settle(to: NativeHeap): void {
    this.all = this.all.filter((segment) => {
      try {
        return to.settle(segment) !== 0;
      } catch {
        return true;
      }
    });
  }
}

/** Warns, once, that the figures of an application go on in another file. */
export function warnOfRemoval(path: string, now: string): void {
  const to = path === now ? 'a new file of that name' : now;
  warnOnce(
    'MPMETRICS_REMOVED',
    `${path} was removed while it was in use (by systemd's RemoveIPC, or a cleaner of temporary files, perhaps); all figures go on in ${to}`,
  );
}
