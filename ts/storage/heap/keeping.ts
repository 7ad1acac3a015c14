/**
 * Keeps back resets and removals while a scrape is under way. So the scrape shows the values at the moment when a
 * `collect` returned, as with prom-client, which reads in the same tick.
 *
 * A scrape is under way from before its callbacks run until it has read. Another process that rang holds the lock of
 * its ring until its scrape has read. Changes that a callback makes before it has settled are not kept back.
 */

import type { NativeHeap } from '../../native';
import { now, unref } from '../../timers';
import { isCollecting } from '../collecting';

/** Milliseconds after which changes are made although a scrape is under way, because its process may be stopped. */
const LONGEST = 10_000;
/** Milliseconds between two checks whether scrapes of others are under way. */
const LOOK = 5;

// Saved here, because tests replace the global ones.
const { setTimeout, clearTimeout } = globalThis;

/** A scrape of this isolate. */
export interface Scrape {
  /**
   * The number of this scrape's ring, once all callbacks of this isolate have run after the ring. It is null until
   * then, and stays null if the scrape does not ring or runs only some of the callbacks.
   */
  ran: number | null;
}

export class Keeping {
  private readonly onDone: (leaving: boolean) => void;
  private readonly patience: () => number;
  /** Scrapes of this isolate that are under way, in the order in which they began. */
  private readonly scrapes = new Set<Scrape>();
  /** The heap to ask whether scrapes of others are under way; null if callbacks have not run for any of these. */
  private asker: NativeHeap | null = null;
  private changes: (() => void)[] = [];
  /** How many changes of each family are kept back. */
  private readonly counts = new Map<string, number>();
  private timer: NodeJS.Timeout | null = null;
  private deadline = 0;
  /** Called when nothing is kept back any more. */
  private waiting: (() => void)[] = [];

  /**
   * @param onDone called when the changes have been made; `leaving` is true if the isolate ends
   * @param patience milliseconds that a scrape waits for earlier scrapes
   */
  constructor(onDone: (leaving: boolean) => void, patience: () => number) {
    this.onDone = onDone;
    this.patience = patience;
  }

  /** Notes that a scrape of this isolate begins. */
  begin(): Scrape {
    const scrape: Scrape = { ran: null };
    this.scrapes.add(scrape);
    return scrape;
  }

  /** Notes that the scrape has read. */
  over(scrape: Scrape): void {
    if (this.scrapes.delete(scrape)) this.look();
  }

  /** Of the scrapes under way, the last {@link Scrape.ran} that is not null; null if there is none. */
  get ran(): number | null {
    const rings = Array.from(this.scrapes, ({ ran }) => ran);
    return rings.findLast((ring) => ring !== null) ?? null;
  }

  /** Notes that callbacks are about to run for scrapes of others. */
  answers(heap: NativeHeap): void {
    this.asker = heap;
  }

  /** Whether a change has to be kept back now. */
  get on(): boolean {
    return !isCollecting() && this.goesOn();
  }

  /** How many changes of a family are kept back. */
  of(family: string): number {
    return this.counts.get(family) ?? 0;
  }

  /**
   * Keeps a change back until no scrape is under way.
   *
   * @param family its tag and name
   */
  keep(family: string, change: () => void): void {
    if (this.changes.length === 0) {
      this.deadline = now() + LONGEST;
      process.on('exit', this.leave);
      this.later();
    }
    this.changes.push(change);
    this.counts.set(family, this.of(family) + 1);
  }

  /**
   * Called before callbacks run, because the changes that are kept back have to be made first. A callback that calls
   * this does not wait.
   *
   * @returns a promise that resolves when no change is kept back any more; undefined if there is nothing to wait for
   */
  ready(): Promise<void> | undefined {
    if (this.changes.length === 0 || isCollecting()) return undefined;
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.deadline = Math.min(this.deadline, now() + this.patience());
    });
  }

  /** Makes all changes when the isolate ends. */
  private readonly leave = (): void => {
    this.end(true);
  };

  /**
   * Makes all changes now.
   *
   * @param leaving whether the isolate ends
   */
  end(leaving = false): void {
    this.scrapes.clear();
    this.asker?.leave();
    this.asker = null;
    const { changes } = this;
    this.drop();
    for (const change of changes) change();
    if (changes.length > 0) this.onDone(leaving);
  }

  /** Drops the changes without making them, because their blocks belong to another writer now. */
  drop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.changes = [];
    this.counts.clear();
    process.removeListener('exit', this.leave);
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
