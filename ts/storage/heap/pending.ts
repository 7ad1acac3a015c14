/** Pending handles of one metric, which count in cells of their own until they can move into the heap. */

import type { LabelText } from '../../labels';
import { Status } from '../../native';
import { mergeImage, ownImage, readImage, writeImage } from '../cells/image';
import { Backing, type Handle } from '../cells/handle';
import { changed } from '../cells/shared-path';
import { rescueExpired } from '../expiry';
import { MOST_AT_ONCE } from '../limits';
import type { HeapMetricParts } from './metric-parts';

/** The maximum of series of a metric that wait for the heap lock or for a scrape. */
const MOST = 10_000;

export class Pending {
  private readonly parts: HeapMetricParts;
  /** Handles that wait until the heap lock is free. */
  private readonly queue = new Map<Handle, LabelText>();
  /** Handles that wait until a scrape has read, because resets of their series are kept back for the scrape. */
  private readonly afterScrape = new Map<Handle, LabelText>();
  /** Handles of {@link queue} that are to be reset when a scrape has read. */
  private readonly shown = new Set<Handle>();

  constructor(parts: HeapMetricParts) {
    this.parts = parts;
  }

  /** True if no more handles may wait. */
  get full(): boolean {
    const size = this.queue.size + this.afterScrape.size;
    // A change that is kept back can make a handle of an existing series wait. The maximum is meant for new series, so
    // each such change raises it by one.
    return size >= MOST + this.parts.changes.kept;
  }

  /** Number of handles that wait until the heap lock is free. */
  get left(): number {
    return this.queue.size;
  }

  /** True while there are handles that could move into the heap. */
  get waiting(): boolean {
    return this.queue.size > 0 || (this.afterScrape.size > 0 && this.parts.changes.kept === 0);
  }

  /** Makes a handle wait until the heap lock is free; the caller then calls {@link Backlog.later}. */
  hold(h: Handle, label: LabelText): void {
    this.wait(h, label, this.blank, this.queue);
  }

  /** Makes a handle wait until a scrape has read. */
  holdUntilRead(h: Handle, label: LabelText): void {
    this.wait(h, label, this.blank, this.afterScrape);
  }

  /**
   * Makes a handle wait until the heap lock is free. Until then the handle counts in cells of its own, which begin with
   * an image.
   */
  postpone(h: Handle, label: LabelText, image: Float64Array): void {
    this.wait(h, label, image, this.queue);
    this.parts.host.backlog.later();
  }

  /**
   * Brings the value of a shared gauge from a segment that was left. If the handle is pending already, the changes that
   * it counted are later than that value, and are applied to it.
   */
  bring(h: Handle, label: LabelText, value: Float64Array): void {
    const { bucketSource, roster } = this.parts;
    if (h.backing !== Backing.Pending) this.postpone(h, label, value);
    else
      writeImage(
        h,
        roster.shape.kind,
        changed(value, readImage(h, roster.shape.kind)),
        bucketSource,
      );
  }

  /** Drops a pending handle with its counts. The handle points nowhere afterwards. */
  forget(h: Handle): void {
    this.queue.delete(h);
    this.afterScrape.delete(h);
    this.parts.exemplars.waiting.take(h);
    h.detach();
  }

  /**
   * Resets a pending handle.
   *
   * @param hide whether to drop the handle, too
   * @param reset resets the cells later, if a scrape still has to show them: it is called when the scrape has read,
   *   with a handle to the cells, which may be in the heap by then
   */
  reset(h: Handle, hide: boolean, reset: (cells: Handle) => void): void {
    const { changes, bucketSource, exemplars, roster } = this.parts;
    if (this.queue.has(h) && !this.shown.has(h) && changes.keepsBack) {
      const label = { text: h.text, types: h.types };
      // These cells may move into the heap before the scrape reads.
      const cells = h.handOver();
      this.queue.delete(h);
      this.queue.set(cells, label);
      for (const exemplar of exemplars.waiting.take(h)) exemplars.exemplify(cells, exemplar);
      this.shown.add(cells);
      changes.keepBack(() => {
        reset(cells);
        this.shown.delete(cells);
      });
      if (!hide) this.holdUntilRead(h, label);
      return;
    }
    writeImage(h, roster.shape.kind, this.blank, bucketSource);
    exemplars.waiting.take(h);
    if (hide) this.forget(h);
  }

  /**
   * Drops the cells that were to be reset when a scrape has read. Called when this isolate has lost its writer: the
   * resets were dropped then, so nothing would reset these cells any more.
   */
  orphan(): void {
    for (const h of this.shown) this.queue.delete(h);
    this.shown.clear();
  }

  /** Moves pending handles into the heap. Stops at the first that still has to wait. */
  moveIn(): Status {
    if (this.parts.changes.kept === 0) {
      for (const [h, label] of this.afterScrape) this.queue.set(h, label);
      this.afterScrape.clear();
    }
    rescueExpired();
    let status = Status.Ok;
    const { backlog } = this.parts.host;
    while (this.queue.size > 0 && status === Status.Ok) {
      if (backlog.late) return Status.Busy;
      status = this.moveInSome();
    }
    return status;
  }

  /**
   * Moves up to {@link MOST_AT_ONCE} handles under one hold of the heap lock, because each hold may mean a long wait if
   * many processes want the lock.
   */
  private moveInSome(): Status {
    const { bucketSource, declaration, exemplars, host, roster } = this.parts;
    const { kind } = roster.shape;
    const some = firstOf(this.queue, MOST_AT_ONCE);
    let tried = 0;
    const status = host.attempt(() => {
      tried = declaration.bindEach(some.map(([, label]) => label));
      return Status.Ok;
    });
    if (status !== Status.Ok) return status;
    const { life } = host;
    const boundHandles: [Handle, Float64Array][] = [];
    let refused = Status.Ok;
    for (const [number, [h, label]] of some.slice(0, tried).entries()) {
      const own = readImage(h, kind);
      h.detach();
      h.text = label.text;
      h.types = label.types;
      const found = host.attempt(() => declaration.found(number, h));
      if (found === Status.Ok) boundHandles.push([h, own]);
      else if (found === Status.Full || found === Status.Limit) {
        host.refused(declaration.refusal, roster.shape);
        this.queue.delete(h);
        roster.overflowImage(own);
      } else {
        this.keep(h, own);
        refused = found;
        break;
      }
    }
    bucketSource.prepare(boundHandles);
    for (const [h, own] of boundHandles) {
      // The numbers of blocks are not valid any more if another writer has replaced this one meanwhile. And the series
      // or the segment may be removed while room is made for the buckets of the series, or while the cells are written.
      const there = host.life === life ? ownImage(h, kind) : null;
      const merged = there !== null && mergeImage(h, kind, own, bucketSource);
      if (!merged || h.backing === Backing.Pending) {
        // Merged, but the handle left its block meanwhile, and counts in cells of its own again. These began as a copy
        // of the block. The copy may lack `own`, and it may include counts of dead writers. So the cells get `own`
        // instead and, if the kind adds, what this isolate had in the block before the merge (`there`).
        if (merged) this.keep(h, kind.adds ? kind.plus(there, own, h.size) : own);
        // Not merged, and the handle left its block meanwhile. Its cells may have the value of a shared gauge, brought
        // from the previous segment, so `own` is merged into them.
        else if (h.backing === Backing.Pending) mergeImage(h, kind, own, bucketSource);
        else this.keep(h, own);
        if (refused === Status.Ok) refused = Status.Busy;
        continue;
      }
      for (const exemplar of exemplars.waiting.take(h)) exemplars.exemplify(h, exemplar);
      this.queue.delete(h);
    }
    return refused;
  }

  private wait(
    h: Handle,
    label: LabelText,
    image: Float64Array,
    where: Map<Handle, LabelText>,
  ): void {
    this.keep(h, image);
    h.text = label.text;
    h.types = label.types;
    where.set(h, label);
  }

  /** Makes a handle count in cells of its own, which begin with an image. */
  private keep(h: Handle, image: Float64Array): void {
    const { kind } = this.parts.roster.shape;
    h.keep(this.blank, Backing.Pending, kind.path);
    writeImage(h, kind, image, this.parts.bucketSource);
  }

  private get blank(): Float64Array {
    const { kind, numbers } = this.parts.roster.shape;
    return kind.blank(kind.cells(numbers));
  }
}

/** Returns the first entries of a map, at most `most`. */
function firstOf<K, V>(map: ReadonlyMap<K, V>, most: number): [K, V][] {
  const found: [K, V][] = [];
  for (const entry of map) {
    if (found.length === most) break;
    found.push(entry);
  }
  return found;
}
