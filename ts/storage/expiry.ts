/**
 * Removing series that no process has updated for a while: `ttlSeconds`.
 *
 * `ttlSeconds` makes updates no slower. Now and then a check puts all handles to sleep: they expect a generation that
 * no series has. The next update of each handle takes the slow path once, which notes the update and wakes the handle.
 * So an isolate knows its own updates; it notices those of other isolates by changed values. A part of a gauge belongs
 * to one isolate, which removes the part. A series of another type is removed for all processes, by a process that has
 * found the series' values unchanged for the time to live.
 *
 * RACE: another process may update the series after the check has read it and before it is removed. No process had
 * updated the series for long, so the other process bound or woke its handle just before the update, and copied the
 * cells then. When it finds that the series expired, it makes the series again, with all that the cells have gained
 * since the copy. It keeps the copy for {@link KNOWN} checks, and a check that takes longer than {@link ALLOWED}
 * periods removes nothing more. (ALLOWED is large because of overloaded machines: if no check were in time, nothing
 * would expire, and each check would have more to read than the one before.) Handles whose cells are not updated by
 * plain stores cannot sleep. Their updates show only in the values, and an update between the reading and the removal
 * is lost.
 */

import { now, unref } from '../timers';
import { readImage } from './cells/image';
import type { Shape } from './cells/kind';
import { NEVER, Backing, type Handle } from './cells/handle';
import type { Family } from './family';
import { MOST_AT_ONCE } from './limits';

/** Number of checks within the time to live; their distance is a period. */
const LOOKS = 4;
/** Maximum number of periods that a check may take, with its removals. */
const ALLOWED = 8;
/**
 * Number of checks for which the copy of a handle's cells is kept. While another isolate's check lasts, this isolate
 * makes up to ALLOWED + 1 checks. The one after these rescues what was counted meanwhile.
 */
const KNOWN = ALLOWED + 2;
/** Number of checks for which an isolate without a handle to a series leaves the removal to isolates with a handle. */
const OTHERS = 2;
/** Maximum number of milliseconds between two checks, because `setTimeout` cannot wait for ever. */
const LONGEST = 3_600_000;

// Saved here, because tests replace the global ones.
const { setImmediate, setTimeout } = globalThis;

/** A series that was read. */
export interface Found {
  readonly labels: readonly (readonly [string, string])[];
  readonly types: string;
}

/** The metric whose series expire. */
export interface Expiring {
  readonly shape: Shape;
  readonly family: Family;
  handles(): Handle[];
  /** Returns this isolate's handle of a series that was read. */
  handleOf(labels: readonly (readonly [string, string])[]): Handle | undefined;
  /** True for a series that is shown from the declaration on, which is not removed. */
  isInitial(labels: readonly (readonly [string, string])[]): boolean;
  /**
   * Removes series that were read.
   *
   * @param series at most {@link MOST_AT_ONCE}
   * @returns how many are gone now, from the first on, also those that were removed before; 0 if series cannot be
   *   removed now
   */
  expire(series: readonly Found[]): number;
  /** Removes the series of one of this isolate's handles, unless it is an initial series. */
  expireHandle(h: Handle): void;
}

/** What is known of one of this isolate's handles. */
interface Own {
  /** When the handle was last known to be updated, in milliseconds. */
  at: number;
  /**
   * A copy of the handle's cells from when it was last woken or bound. Null if that was long ago, or if `remember` made
   * no copy.
   */
  cells: Float64Array | null;
  /** For how many more checks the copy is kept. */
  periods: number;
  /** The values at the last check, of a handle that cannot sleep. */
  values: string;
}

/** The values of a series over all processes, and the time since which they have not changed. */
interface Seen {
  readonly values: string;
  readonly since: number;
}

/** A series that is to be removed. */
interface Idle extends Found {
  readonly key: string;
  readonly before: Seen;
}

/** The objects that have copies of handles' cells. */
const watchful = new Set<Expiry>();

/** Rescues updates of series that expired meanwhile, before the cells of these series are given to other series. */
export function rescueExpired(): void {
  for (const expiry of watchful) expiry.rescue();
}

export class Expiry {
  private readonly metric: Expiring;
  private readonly life: number;
  private readonly period: number;
  private own = new Map<Handle, Own>();
  private seen = new Map<string, Seen>();
  private scheduled = false;

  /** @param seconds without an update, after which a series is removed */
  constructor(metric: Expiring, seconds: number) {
    this.metric = metric;
    this.life = seconds * 1000;
    this.period = Math.min(this.life / LOOKS, LONGEST);
  }

  /** Wakes a live handle that took the slow path, if it slept. */
  wake(h: Handle): void {
    if (!sleeps(h)) return;
    this.remember(h);
    h.show();
  }

  /** Called when a handle was bound. */
  onBind(h: Handle): void {
    this.remember(h);
    if (!this.scheduled) this.schedule();
  }

  /** See {@link rescueExpired}. */
  rescue(): void {
    let watching = false;
    for (const [h, own] of this.own) {
      const { cells } = own;
      if (cells === null) continue;
      if (h.backing === Backing.Heap && h.current) {
        watching = true;
        continue;
      }
      own.cells = null;
      if (h.backing === Backing.Heap) this.metric.family.others?.rescue(h, cells);
    }
    if (!watching) watchful.delete(this);
  }

  private remember(h: Handle): void {
    // Copies only cells in the heap that plain stores update. A rescue reads the cells again after their series was
    // removed. This isolate can read plain cells then, but a native call returns nothing for a removed series.
    const { kind } = this.metric.shape;
    const cells = h.backing === Backing.Heap && h.path === null ? readImage(h, kind) : null;
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
    // Without handles of its own, this isolate goes on checking as long as other processes have series.
    if (this.own.size > 0 || this.seen.size > 0) this.schedule();
  }

  /** Puts the own handles to sleep, and removes series that concern no other process. */
  private sleep(): void {
    const { family, shape } = this.metric;
    const alone = family.others === null || !shape.kind.adds;
    const at = now();
    const next = new Map<Handle, Own>();
    for (const h of this.metric.handles()) {
      if (h.backing === Backing.None || !h.live) continue;
      const own = this.own.get(h) ?? { at, cells: null, periods: 0, values: '' };
      if (own.cells !== null && --own.periods === 0) own.cells = null;
      if (this.noticed(h, own)) own.at = at;
      if (alone && at - own.at >= this.life) this.metric.expireHandle(h);
      else next.set(h, own);
    }
    this.own = next;
  }

  /** Whether a handle was updated since the last check. Puts the handle to sleep, if it can sleep. */
  private noticed(h: Handle, own: Own): boolean {
    if (h.backing === Backing.Pending) return true;
    if (h.path !== null) {
      const values = readImage(h, this.metric.shape.kind).join();
      const same = values === own.values;
      own.values = values;
      return !same;
    }
    if (sleeps(h)) return false;
    h.expected = NEVER;
    return true;
  }

  /** Removes, for all processes, the series whose values have not changed for the time to live. */
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

  /** Removes series in groups, between which the event loop goes on; returns those that are left for the next check. */
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

  /** Milliseconds without an update after which this isolate removes a series. */
  private lifeOf(labels: Found['labels']): number {
    // Isolates with a handle remove the series first, so that not all isolates take the heap lock for each series.
    const own = this.metric.handleOf(labels)?.live === true;
    return this.life + (own ? 0 : OTHERS * this.period);
  }

  /** Whether this isolate has updated a series within the time to live, or shows it from the declaration on. */
  private isUsed(labels: readonly (readonly [string, string])[]): boolean {
    const h = this.metric.handleOf(labels);
    if (h?.live === true && h.backing !== Backing.None) {
      if (h.backing === Backing.Pending || (h.path === null && !sleeps(h))) return true;
      const own = this.own.get(h);
      if (own === undefined || now() - own.at < this.life) return true;
    }
    return this.metric.isInitial(labels);
  }
}

/** Whether the next update of a live handle takes the slow path, and {@link Expiry.wake} notes it. */
function sleeps(h: Handle): boolean {
  return h.path === null && h.expected !== h.generation;
}
