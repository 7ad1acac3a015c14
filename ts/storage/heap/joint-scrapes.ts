/**
 * Joins scrapes of one heap, so that ten callers at once cost two scrapes. Callers may share a scrape that has not
 * begun to read, but not one that has begun, in which a caller could miss its own last update.
 */

import type { Bytes, ExtraFamily, NativeHeap, Sample, ScrapeOptions } from '../../native';

/** The options of a scrape, without its time, which is the time at which it begins. */
export type Timeless = Omit<ScrapeOptions, 'now'>;

/** Returns a text that is the same only for scrapes with equal options. */
function keyOf({ extra = [], ...options }: Timeless): string {
  return [JSON.stringify(options), ...extra.map(familyKey)].join('\0');
}

// Is not JSON, because there may be many rows, and JSON has `null` for NaN and both infinities.
function familyKey({ name, help, type, unit, yields, samples }: ExtraFamily): string {
  return [name, help, type, unit, yields, ...samples.map(sampleKey)].join('\0');
}

function sampleKey({ name, labels, value, exemplar }: Sample): string {
  const row = `${name}\0${labels}\0${value}`;
  if (exemplar === undefined) return row;
  return `${row}\0${exemplar.labels}\0${exemplar.value}\0${exemplar.time}`;
}

// The clock is read in JavaScript, as for observations, because tests replace it.
function timed(options: Timeless): ScrapeOptions {
  return { ...options, now: Date.now() };
}

/** Scrapes with equal options: the scrape that reads, and the next scrape, which waits for it. */
interface Turn {
  running: Promise<unknown>;
  next: Promise<unknown> | null;
}

export class JointScrapes {
  private readonly heap: NativeHeap;
  private readonly read: () => void;
  private readonly turns = new Map<string, Turn>();

  /** @param read called after each scrape */
  constructor(heap: NativeHeap, read: () => void) {
    this.heap = heap;
    this.read = read;
  }

  text(options: Timeless): Promise<string> {
    return this.join(`s${keyOf(options)}`, () => this.heap.scrapeString(timed(options)));
  }

  bytes(options: Timeless): Promise<Bytes> {
    return this.join(`b${keyOf(options)}`, () => this.heap.scrapeBuffer(timed(options)));
  }

  private join<T>(key: string, start: () => Promise<T>): Promise<T> {
    const turn = this.turns.get(key);
    if (turn === undefined) return this.begin(key, start);
    turn.next ??= turn.running.then(
      () => this.begin(key, start),
      () => this.begin(key, start),
    );
    return turn.next as Promise<T>;
  }

  private begin<T>(key: string, start: () => Promise<T>): Promise<T> {
    const running = start();
    const turn: Turn = { running, next: null };
    this.turns.set(key, turn);
    const done = (): void => {
      if (this.turns.get(key) === turn && turn.next === null) this.turns.delete(key);
      this.read();
    };
    running.then(done, done);
    return running;
  }
}
