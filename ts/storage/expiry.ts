/**
 * Series that nobody updates for a while are taken out: `ttlSeconds`.
 *
 * An update costs nothing more by it. Now and then all handles are put to sleep: they expect a generation that
 * no series has, so that the next update of each comes to the slow path once, which notes it and wakes the handle. So
 * an isolate knows of its own updates; those of others show in the values. A gauge is each process's own, so each
 * takes out its own part. Of the others, whoever finds that no value has changed for the time takes the series out
 * for all.
 *
 * RACE: another process may update the series between that look and the removal. The handle that it does so by
 * was bound or woken just before, because nobody had updated the series for long: its cells as they were then
 * are still known. What they have more is counted again, in the series as it is made anew. Known they are for some
 * periods; a look that took longer than they allow removes nothing. (They allow much: on a machine with so much to do
 * that no look is in time, nothing would expire, there would be more to look at, and it would not end by itself.) (Where cells are not updated by plain stores their
 * handles cannot sleep: updates show in the values only, and one between the look and the removal is lost.)
 */

import { unref } from '../timers';
import { readImage } from './cells/image';
import type { Shape } from './cells/kind';
import { NEVER, Place, type Series } from './cells/series';
import type { Family } from './family';
import { MOST_AT_ONCE } from './limits';

/** Looks in the time of a series' life. */
const LOOKS = 4;
/** Periods that a look may take, with the removals. */
const ALLOWED = 8;
/** Looks for which the cells of a woken handle are known: those in that time, and the one that rescues them. */
const KNOWN = ALLOWED + 2;
/** Looks by which a series that this isolate has no handle to is left to those that have one. */
const OTHERS = 2;
/** Milliseconds between two looks, at most: `setTimeout` cannot wait for ever. */
const LONGEST = 3_600_000;

// Kept, because tests fake the global ones.
const { setImmediate, setTimeout } = globalThis;
const now = performance.now.bind(performance);

/** A series that was read. */
export interface Found {
  readonly labels: readonly (readonly [string, string])[];
  readonly types: string;
}

/** The metric whose series expire. */
export interface Expiring {
  readonly shape: Shape;
  readonly family: Family;
  handles(): Series[];
  /** The own handle of a series that was read. */
  handleOf(labels: readonly (readonly [string, string])[]): Series | undefined;
  /** True for a series that is shown from the beginning: it stays. */
  isInitial(labels: readonly (readonly [string, string])[]): boolean;
  /**
   * Takes out series that were read.
   *
   * @param series at most {@link MOST_AT_ONCE}
   * @returns how many, the first ones; none if that is refused for now
   */
  expire(series: readonly Found[]): number;
  /** Takes out the own handle's series. */
  expireHandle(h: Series): void;
}

/** What is known of an own handle. */
interface Own {
  /** When it was last known to be updated, in milliseconds. */
  at: number;
  /** Its cells when it was last woken or bound; null if that was long ago. */
  cells: Float64Array | null;
  /** For how many more looks they are kept. */
  periods: number;
  /** Its values at the last look, where updates are not noticed. */
  values: string;
}

/** What was seen of a series of any process, and since when. */
interface Seen {
  readonly values: string;
  readonly since: number;
}

/** A series that is to be taken out. */
interface Idle extends Found {
  readonly key: string;
  readonly before: Seen;
}

/** Those that know cells of woken handles. */
const watchful = new Set<Expiry>();

/** Saves what was counted in series that expired meanwhile, before their cells are used for others. */
export function rescueExpired(): void {
  for (const expiry of watchful) expiry.rescue();
}

export class Expiry {
  private readonly metric: Expiring;
  private readonly life: number;
  private readonly period: number;
  private own = new Map<Series, Own>();
  private seen = new Map<string, Seen>();
  private scheduled = false;

  /** @param seconds without an update, after which a series is taken out */
  constructor(metric: Expiring, seconds: number) {
    this.metric = metric;
    this.life = seconds * 1000;
    this.period = Math.min(this.life / LOOKS, LONGEST);
  }

  /** A handle that is live came to the slow path: if it slept, it is awake now. */
  wake(h: Series): void {
    if (!sleeps(h)) return;
    this.remember(h);
    h.show();
  }

  /** A handle was bound. */
  bound(h: Series): void {
    this.remember(h);
    if (!this.scheduled) this.schedule();
  }

  /** See {@link rescueExpired}. */
  rescue(): void {
    let watching = false;
    for (const [h, own] of this.own) {
      const { cells } = own;
      if (cells === null) continue;
      if (h.place === Place.Heap && h.current) {
        watching = true;
        continue;
      }
      own.cells = null;
      if (h.place === Place.Heap) this.metric.family.others?.rescue(h, cells);
    }
    if (!watching) watchful.delete(this);
  }

  private remember(h: Series): void {
    // Of a series that is gone, native code does not show the cells any more.
    const { kind } = this.metric.shape;
    const cells = h.place === Place.Heap && h.path === null ? readImage(h, kind) : null;
    this.own.set(h, { at: now(), cells, periods: KNOWN, values: '' });
    if (cells !== null) watchful.add(this);
  }

  private schedule(): void {
    this.scheduled = true;
    unref(setTimeout(() => void this.look(), this.period));
  }

  private async look(): Promise<void> {
    const { family, shape } = this.metric;
    this.rescue();
    this.sleep();
    try {
      if (family.others !== null && shape.kind.adds) await this.compare();
    } catch {
      // The heap cannot be read now; a scrape says what is wrong with it.
      this.seen.clear();
    }
    this.scheduled = false;
    // Without handles there are only the series of others, which this looks after as long as it has seen any.
    if (this.own.size > 0 || this.seen.size > 0) this.schedule();
  }

  /** Puts the own handles to sleep, and takes out series that are no other process's matter. */
  private sleep(): void {
    const { family, shape } = this.metric;
    const alone = family.others === null || !shape.kind.adds;
    const at = now();
    const next = new Map<Series, Own>();
    for (const h of this.metric.handles()) {
      if (h.place === Place.None || !h.live) continue;
      const own = this.own.get(h) ?? { at, cells: null, periods: 0, values: '' };
      if (own.cells !== null && --own.periods === 0) own.cells = null;
      if (this.noticed(h, own)) own.at = at;
      if (alone && at - own.at >= this.life) this.metric.expireHandle(h);
      else next.set(h, own);
    }
    this.own = next;
  }

  /** Whether a handle was updated since the last look; puts it to sleep. */
  private noticed(h: Series, own: Own): boolean {
    if (h.place === Place.Pending) return true;
    if (h.path !== null) {
      const values = readImage(h, this.metric.shape.kind).join();
      const same = values === own.values;
      own.values = values;
      return !same;
    }
    if (sleeps(h)) return false;
    h.e = NEVER;
    return true;
  }

  /** Takes out, for all, the series whose values have not changed for the time. */
  private async compare(): Promise<void> {
    const started = now();
    const { series } = await this.metric.family.read('application');
    const late = now() - started > ALLOWED * this.period;
    const next = new Map<string, Seen>();
    const idle: Idle[] = [];
    for (const { labels, types, values: numbers } of series) {
      const key = JSON.stringify(labels.toSorted(([a], [b]) => (a < b ? -1 : 1)));
      const values = numbers.join();
      const before = this.seen.get(key);
      if (before?.values !== values) next.set(key, { values, since: started });
      else if (late || started - before.since < this.lifeOf(labels) || this.isUsed(labels)) {
        next.set(key, before);
      } else idle.push({ labels, types, key, before });
    }
    for (const { key, before } of await this.take(idle, started)) next.set(key, before);
    this.seen = next;
  }

  /** Takes series out, by and by, so that the event loop turns; those that are left for the next look. */
  private async take(idle: readonly Idle[], started: number): Promise<readonly Idle[]> {
    for (let at = 0; at < idle.length; at += MOST_AT_ONCE) {
      let some = idle.slice(at, at + MOST_AT_ONCE).filter(({ labels }) => !this.isUsed(labels));
      const late = now() - started > ALLOWED * this.period;
      while (some.length > 0) {
        const gone = late ? 0 : this.metric.expire(some);
        some = some.slice(gone);
        if (gone === 0) return [...some, ...idle.slice(at + MOST_AT_ONCE)];
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    return [];
  }

  /** Milliseconds without an update after which this isolate takes a series out. */
  private lifeOf(labels: Found['labels']): number {
    // One that has a handle does so first: not all of them are to take the heap's lock for each series.
    const own = this.metric.handleOf(labels)?.live === true;
    return this.life + (own ? 0 : OTHERS * this.period);
  }

  /** Whether this isolate has updated a series since the last look, or needs it. */
  private isUsed(labels: readonly (readonly [string, string])[]): boolean {
    const h = this.metric.handleOf(labels);
    if (h?.live === true && h.place !== Place.None) {
      if (h.place === Place.Pending || (h.path === null && !sleeps(h))) return true;
      const own = this.own.get(h);
      if (own === undefined || now() - own.at < this.life) return true;
    }
    return this.metric.isInitial(labels);
  }
}

/** Whether the next update of a live handle comes to the slow path only to be noticed. */
function sleeps(h: Series): boolean {
  return h.path === null && h.e !== h.generation;
}
