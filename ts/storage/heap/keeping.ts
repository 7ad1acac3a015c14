/**
 * What is reset or removed while a scrape goes on is kept back until it has read: what stood when a `collect` returned
 * is what the scrape that asked for it shows, as with prom-client, which reads in the same tick.
 *
 * A scrape goes on from before its callbacks run until it has read. That of another process is one that rang, and holds
 * the lock of its ring until then. What a callback does before it has settled is done at once.
 */

import type { NativeHeap } from '../../native';
import { unref } from '../../timers';
import { isCollecting } from '../collecting';

/** Milliseconds after which what was kept back is done though a scrape goes on: one of a process that is stopped. */
const LONGEST = 10_000;
/** Milliseconds between two looks whether the scrapes of others go on. */
const LOOK = 5;

// Kept, because tests fake the global ones.
const { setTimeout, clearTimeout } = globalThis;
const now = performance.now.bind(performance);

/** A scrape of this isolate. */
export interface Scrape {
  /** The ring that asked others for their callbacks; null if it did not ask, or has not run all of its own since. */
  ran: number | null;
}

export class Keeping {
  private readonly settle: () => void;
  private readonly patience: () => number;
  /** Scrapes of this isolate that go on, as they began. */
  private readonly scrapes = new Set<Scrape>();
  /** Where those of others are asked about, once callbacks have run for one. */
  private asker: NativeHeap | null = null;
  private changes: (() => void)[] = [];
  /** How many of each family. */
  private readonly counts = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private deadline = 0;
  /** Who waits until nothing is kept back any more. */
  private waiting: (() => void)[] = [];

  /**
   * @param settle called when the changes have been made
   * @param patience milliseconds that a scrape waits for one before it
   */
  constructor(settle: () => void, patience: () => number) {
    this.settle = settle;
    this.patience = patience;
  }

  /** A scrape of this isolate begins. */
  begin(): Scrape {
    const scrape: Scrape = { ran: null };
    this.scrapes.add(scrape);
    return scrape;
  }

  /** It has read. */
  over(scrape: Scrape): void {
    if (this.scrapes.delete(scrape)) this.look();
  }

  /** The latest ring since which all callbacks have run for a scrape that goes on. */
  get ran(): number | null {
    const rings = Array.from(this.scrapes, ({ ran }) => ran);
    return rings.findLast((ring) => ring !== null) ?? null;
  }

  /** Callbacks run for scrapes of others. */
  answers(heap: NativeHeap): void {
    this.asker = heap;
  }

  /** Whether changes are to wait. */
  get on(): boolean {
    return !isCollecting() && this.goesOn();
  }

  /** How many changes of a family wait. */
  of(family: string): number {
    return this.counts.get(family) ?? 0;
  }

  /**
   * Keeps a change back until no scrape goes on.
   *
   * @param family its tag and name
   */
  keep(family: string, change: () => void): void {
    if (this.changes.length === 0) {
      this.deadline = now() + LONGEST;
      process.on('exit', this.end);
      this.later();
    }
    this.changes.push(change);
    this.counts.set(family, this.of(family) + 1);
  }

  /**
   * For who is about to run callbacks: what waits is reset for them first, unless this is called by one.
   *
   * @returns what resolves when nothing waits any more; undefined if nothing does
   */
  ready(): Promise<void> | undefined {
    if (this.changes.length === 0 || isCollecting()) return undefined;
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.deadline = Math.min(this.deadline, now() + this.patience());
    });
  }

  /** Makes all changes now. */
  readonly end = (): void => {
    this.scrapes.clear();
    this.asker?.leave();
    this.asker = null;
    const { changes } = this;
    this.drop();
    for (const change of changes) change();
    if (changes.length > 0) this.settle();
  };

  /** Forgets the changes: the blocks that they are of are another's now. */
  drop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.changes = [];
    this.counts.clear();
    process.removeListener('exit', this.end);
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private goesOn(): boolean {
    if (this.scrapes.size > 0 || this.timer !== null) return true;
    if (this.asker?.asked() === true) return true;
    this.asker = null;
    return false;
  }

  private look(): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
    if (now() < this.deadline && this.goesOn()) this.later();
    else this.end();
  }

  private later(): void {
    this.timer = setTimeout(() => {
      this.look();
    }, LOOK);
    unref(this.timer);
  }
}
