/** The buckets of one summary's series in the heap. */

import { Status, statusOf } from '../../native';
import { moveBuckets, ownBuckets, type BucketSource } from '../cells/octave-buckets';
import type { Shape } from '../cells/kind';
import { Backing, type Handle } from '../cells/handle';
import { OctaveBuckets, NO_SKETCH, Sketch } from '../cells/sketch';
import { octavesOf } from '../cells/summary-image';
import { rescueExpired } from '../expiry';
import { MOST_AT_ONCE } from '../limits';
import type { HeapStorage } from './storage';

/** Observations without a bucket after which the heap is asked for memory again. */
const SKIPPED = 1024;

/** Numbers of words for each octave: those that the native module gets, and those that it fills in. */
const ASKED = 5;
const MADE = 3;

/** A series and an octave for which it needs buckets. */
type Wanted = readonly [Handle, number];

const asked = new Uint32Array(ASKED * MOST_AT_ONCE);
const made = new Uint32Array(MADE * MOST_AT_ONCE);

export class HeapBucketSource implements BucketSource {
  private readonly host: HeapStorage;
  private readonly shape: Shape;
  private readonly subWindows: number;
  /** Buckets in this process's memory, until the heap lock is free. */
  private readonly pending = new Map<OctaveBuckets, Handle>();

  constructor(host: HeapStorage, shape: Shape) {
    this.host = host;
    this.shape = shape;
    this.subWindows = shape.kind.subWindows(shape.numbers);
  }

  /** Number of octaves whose buckets are pending. */
  get left(): number {
    return this.pending.size;
  }

  make(h: Handle, octave: number): OctaveBuckets | null {
    if (h.backing === Backing.Sink || h.backing === Backing.None) return null;
    if (h.backing !== Backing.Heap) return ownBuckets(octave, this.subWindows);
    if (h.sketch.skips > 0) {
      h.sketch.skips--;
      return null;
    }
    const buckets = new OctaveBuckets(octave, h.cells, 0);
    const status = this.host.backlog.busy ? Status.Busy : this.locate(h, buckets);
    switch (status) {
      case Status.Ok:
        return buckets;
      case Status.Full:
      case Status.Limit:
        this.host.refusedBuckets(this.shape.name);
        h.sketch.skips = SKIPPED;
        return null;
      case Status.Busy: {
        const own = ownBuckets(octave, this.subWindows);
        this.pending.set(own, h);
        this.host.backlog.later();
        return own;
      }
      case Status.Lost:
        this.host.renew();
        return null;
      case Status.Gone:
        // The handle is not detached, because counts in its cells may still be rescued.
        return null;
      default:
        this.host.abandon();
        return null;
    }
  }

  unranked(observations: number): void {
    this.host.tally.unranked(observations);
  }

  clamped(observations: number): void {
    this.host.tally.clamped(observations);
  }

  /**
   * Makes the buckets that series are about to need, many under one hold of the heap lock. Buckets that the heap
   * refuses are asked for again when the image is added.
   *
   * @param moved series that have a block, with the images that are to be added to it
   */
  prepare(moved: readonly (readonly [Handle, Float64Array])[]): void {
    const wanted: Wanted[] = [];
    for (const [h, image] of moved) {
      for (const [octave, counts] of octavesOf(image, h.size))
        if (!h.sketch.all.has(octave) && counts.some((one) => one !== 0)) wanted.push([h, octave]);
    }
    for (let at = 0, tried = 1; at < wanted.length && tried > 0; at += tried) {
      const some = wanted.slice(at, at + MOST_AT_ONCE);
      const status = this.host.attempt(() => {
        tried = this.ask(some);
        for (const [k, [h, octave]] of some.slice(0, tried).entries()) {
          const buckets = new OctaveBuckets(octave, h.cells, 0);
          if (this.point(buckets, MADE * k) !== Status.Ok) continue;
          if (h.sketch === NO_SKETCH) h.sketch = new Sketch();
          if (!h.sketch.full) h.sketch.put(buckets);
        }
        return Status.Ok;
      });
      if (status !== Status.Ok) return;
    }
  }

  /** Moves pending buckets into the heap. */
  moveIn(owns: (h: Handle) => boolean): Status {
    let status = Status.Ok;
    while (this.pending.size > 0 && status === Status.Ok) {
      if (this.host.backlog.late) return Status.Busy;
      status = this.moveInSome(owns);
    }
    return status;
  }

  private moveInSome(owns: (h: Handle) => boolean): Status {
    const some: [OctaveBuckets, Handle][] = [];
    for (const [own, h] of this.pending) {
      if (some.length === MOST_AT_ONCE) break;
      // The buckets are dropped if the series was removed, or moved as a whole.
      if (owns(h) && h.sketch.all.get(own.octave) === own) some.push([own, h]);
      else this.pending.delete(own);
    }
    let tried = 0;
    const status = this.host.attempt(() => {
      tried = this.ask(some.map(([{ octave }, h]) => [h, octave]));
      return Status.Ok;
    });
    if (status !== Status.Ok) return status;
    for (const [k, [own, h]] of some.slice(0, tried).entries()) {
      const buckets = new OctaveBuckets(own.octave, h.cells, 0);
      const found = this.host.attempt(() => this.point(buckets, MADE * k));
      switch (found) {
        case Status.Ok:
          moveBuckets(h, own, buckets);
          break;
        case Status.Full:
        case Status.Limit:
          this.host.refusedBuckets(this.shape.name);
          h.sketch.drop(own);
          this.host.tally.unranked(observations(own));
          break;
        case Status.Gone:
          break;
        default:
          return found;
      }
      this.pending.delete(own);
    }
    return Status.Ok;
  }

  /** Gives up pending buckets, because their blocks belong to another writer now: no quantile shows their counts. */
  orphan(): void {
    for (const [own, h] of this.pending) {
      if (h.live && h.sketch.all.get(own.octave) === own)
        this.host.tally.unranked(observations(own));
    }
    this.pending.clear();
  }

  /** Asks for buckets of several octaves under one hold of the heap lock; returns how many were tried. */
  private ask(wanted: readonly Wanted[]): number {
    // As in `locate`.
    rescueExpired();
    for (const [k, [h, octave]] of wanted.entries())
      asked.set([h.slab, h.first, h.number, h.generation, octave], ASKED * k);
    return this.host.writer.bucketsEach(asked.subarray(0, ASKED * wanted.length), made);
  }

  /** Makes the buckets of an octave in the heap, and points `buckets` to them. */
  private locate(h: Handle, buckets: OctaveBuckets): Status {
    // Making room may give blocks of expired series to other series, and this series may have expired.
    rescueExpired();
    if (h.backing !== Backing.Heap || !h.current) return Status.Gone;
    return this.host.attempt(() => {
      const { writer } = this.host;
      writer.buckets(h.slab, h.first, h.number, h.generation, buckets.octave, made);
      return this.point(buckets, 0);
    });
  }

  /** Points `buckets` to those that the native module made, if it made any. */
  private point(buckets: OctaveBuckets, at: number): Status {
    const status = statusOf(made[at]!);
    if (status === Status.Ok) {
      buckets.cells = this.host.views.slab(made[at + 1]!).cells;
      buckets.first = made[at + 2]!;
    }
    return status;
  }

  /** Adds to a handle the buckets that its block already has, for example from an earlier life of the slot. */
  addAdopted(h: Handle): void {
    if (this.subWindows === 0) return;
    const { slab, first, number, generation } = h;
    const all = this.host.writer.allBuckets(slab, first, number, generation);
    if (all.length > 0) h.sketch = new Sketch();
    for (let k = 0; k < all.length; k += 3) {
      h.sketch.put(
        new OctaveBuckets(all[k]!, this.host.views.slab(all[k + 1]!).cells, all[k + 2]!),
      );
    }
  }
}

/** The observations of an octave in this process's memory. */
function observations({ cells }: OctaveBuckets): number {
  return cells.reduce((sum, count) => sum + count, 0);
}
