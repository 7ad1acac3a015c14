/** Scrapes of the heap by this isolate, and its part in scrapes of others. */

import type { Bytes, NativeHeap, NativeWriter } from '../../native';
import { NOTHING_ASKED, type Asked } from '../family';
import { warnOfDamage } from './damage';
import { Doorbell, type Called, type Ring } from './doorbell';
import type { Keeping } from './keeping';
import { JointScrapes, type Timeless } from './joint-scrapes';
import type { Tally } from './tally';

/** What a scrape shows, without its format. */
export type Selection = Omit<Timeless, 'format' | 'plain'> & { plain?: boolean };

/** How a scrape is printed. */
export type Format = Timeless['format'];

/** What is scraped. */
export interface Scraped extends Called {
  /** The segment; null if there is none, or it was left for good. */
  readonly open: NativeHeap | null;
  /** This isolate's writer; null as long as there is none. */
  readonly attached: NativeWriter | null;
}

// Kept, because tests replace the global ones.
const { setTimeout, clearTimeout } = globalThis;

/** Resolves with a promise, or after some milliseconds, for which it keeps the process alive: a scrape has to end. */
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
   * @param patience milliseconds that a scrape waits for others, and a run for its callbacks
   */
  constructor(heap: Scraped, tally: Tally, keeping: Keeping, patience: () => number) {
    this.heap = heap;
    this.tally = tally;
    this.keeping = keeping;
    this.patience = patience;
    this.doorbell = new Doorbell(heap, patience, keeping);
  }

  /** Another segment is scraped from now on. */
  adopt(heap: NativeHeap): void {
    this.joint = new JointScrapes(heap, () => {
      warnOfDamage(heap);
    });
  }

  /** One scrape of the heap, off the event loop; callers share one that has not begun. */
  text(format: Format, selection: Selection): Promise<string> {
    this.tally.tell();
    return this.joint!.text({ format, plain: false, ...selection });
  }

  /** {@link text}, as bytes. */
  bytes(format: Format, selection: Selection): Promise<Bytes> {
    this.tally.tell();
    return this.joint!.bytes({ format, plain: false, ...selection });
  }

  /** A metric in the heap has a `collect` callback: scrapes of other processes are to run it. */
  listen(): void {
    const { open, attached } = this.heap;
    if (open !== null && attached !== null) this.doorbell.listen(open, attached);
  }

  /** Ends {@link listen}. */
  silence(): void {
    this.doorbell.silence();
  }

  /** Asks other processes to run their callbacks; see {@link Doorbell.ring}. */
  ring(): Ring | undefined {
    const { open } = this.heap;
    return open === null ? undefined : this.doorbell.ring(open);
  }

  /**
   * Callbacks may reset what they count. What waits for the heap's lock then has to be in the heap before it is read.
   *
   * @returns what resolves when it is, or the time for it is over; undefined if there is nothing to wait for
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

  /** A scrape begins; see {@link Others.ask}. The caller has waited for {@link ready}. */
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
