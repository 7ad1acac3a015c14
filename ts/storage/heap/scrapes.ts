/** Scrapes of the heap by this isolate, and its `collect` callbacks for scrapes of other writers. */

import type { Bytes, NativeHeap, NativeWriter } from '../../native';
import { NOTHING_ASKED, type Asked } from '../family';
import { warnOfDamage } from './damage';
import { Doorbell, type Called, type Ring } from './doorbell';
import type { Keeping } from './keeping';
import { JointScrapes, type Timeless } from './joint-scrapes';
import type { Tally } from './tally';

/** The options of a scrape without its format. */
export type Selection = Omit<Timeless, 'format' | 'plain'> & { plain?: boolean };

/** The format of a scrape. */
export type Format = Timeless['format'];

/** The heap storage that is scraped. */
export interface Scraped extends Called {
  /** The segment; null if there is none, or if this isolate left it for good. */
  readonly open: NativeHeap | null;
  /** This isolate's writer; null as long as there is none. */
  readonly attached: NativeWriter | null;
}

// Saved here, because tests replace the global ones.
const { setTimeout, clearTimeout } = globalThis;

/**
 * Resolves when a promise does, or after some milliseconds. Keeps the process alive until then, because a scrape has to
 * end.
 */
function soon(promise: Promise<void>, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

export class Scrapes {
  private readonly heap: Scraped;
  private readonly tally: Tally;
  private readonly keeping: Keeping;
  private readonly patience: () => number;
  private readonly doorbell: Doorbell;
  private joint: JointScrapes | null = null;

  /**
   * @param tally counts that are added to the heap's before each scrape
   * @param keeping keeps back resets while scrapes are under way
   * @param patience milliseconds for which a scrape waits for other writers and for pending counts, and for which the
   *   doorbell waits for callbacks of this isolate
   */
  constructor(heap: Scraped, tally: Tally, keeping: Keeping, patience: () => number) {
    this.heap = heap;
    this.tally = tally;
    this.keeping = keeping;
    this.patience = patience;
    this.doorbell = new Doorbell(heap, patience, keeping);
  }

  /** Scrapes another segment from now on. */
  adopt(heap: NativeHeap): void {
    this.joint = new JointScrapes(heap, () => {
      warnOfDamage(heap);
    });
  }

  /** Scrapes the heap, off the event loop. Callers share a scrape that has not begun. */
  text(format: Format, selection: Selection): Promise<string> {
    this.tally.tell();
    return this.joint!.text({ format, plain: false, ...selection });
  }

  /** {@link text}, as bytes. */
  bytes(format: Format, selection: Selection): Promise<Bytes> {
    this.tally.tell();
    return this.joint!.bytes({ format, plain: false, ...selection });
  }

  /** Makes scrapes of other writers run this isolate's `collect` callbacks from now on. */
  listen(): void {
    const { open, attached } = this.heap;
    if (open !== null && attached !== null) this.doorbell.listen(open, attached);
  }

  /** Ends {@link listen}. */
  silence(): void {
    this.doorbell.silence();
  }

  /** Asks all other writers to run their callbacks; see {@link Doorbell.ring}. */
  ring(): Ring | undefined {
    const { open } = this.heap;
    return open === null ? undefined : this.doorbell.ring(open);
  }

  /**
   * If this isolate has callbacks, moves pending counts into the heap before the scrape reads it. Otherwise the program
   * could reset these counts after the callbacks have run, and no scrape would show them.
   *
   * @returns a promise that resolves when nothing is pending any more, or when the time for that is over; undefined if
   *   there is nothing to wait for
   */
  private emptied(): Promise<void> | undefined {
    if (this.heap.callbacks().length === 0) return undefined;
    const emptied = this.heap.emptied();
    return emptied && soon(emptied, this.patience());
  }

  /** See {@link Others.ready}. */
  ready(): Promise<void> | undefined {
    return this.keeping.ready();
  }

  /** Begins a scrape; see {@link Others.ask}. The caller has waited for {@link ready}. */
  ask(others: boolean, all = false): Asked {
    if (this.heap.open === null) return NOTHING_ASKED;
    const ring = others ? this.ring() : undefined;
    const scrape = this.keeping.begin();
    return {
      answers: () => {
        if (all && ring !== undefined) scrape.ran = ring.number;
        this.doorbell.catchUp();
        const emptied = this.emptied();
        if (emptied === undefined) return ring?.answers;
        return Promise.all([ring?.answers, emptied]).then(() => undefined);
      },
      over: () => {
        ring?.over();
        this.keeping.over(scrape);
      },
    };
  }
}
