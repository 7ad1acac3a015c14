/** The buckets of one summary's series in the heap. */

import { Status, statusOf } from '../../native';
import { moveChunk, ownChunk, type Buckets } from '../cells/buckets';
import type { Shape } from '../cells/kind';
import { Place, type Series } from '../cells/series';
import { Chunk, NO_SKETCH, Sketch } from '../cells/sketch';
import { chunksOf } from '../cells/summary-image';
import { rescueExpired } from '../expiry';
import { MOST_AT_ONCE } from '../limits';
import type { HeapStorage } from './storage';

/** Observations without a bucket after which the heap is asked for memory again. */
const SKIPPED = 1024;

/** Words for each of several buckets: those that the native module gets, and those that it fills in. */
const ASKED = 5;
const PLACED = 3;

/** A series and an octave for which it needs buckets. */
type Wanted = readonly [Series, number];

const asked = new Uint32Array(ASKED * MOST_AT_ONCE);
const placed = new Uint32Array(PLACED * MOST_AT_ONCE);

export class HeapChunks implements Buckets {
  private readonly host: HeapStorage;
  private readonly shape: Shape;
  private readonly parts: number;
  /** Buckets in this process's memory, until the heap lock is free. */
  private readonly pending = new Map<Chunk, Series>();

  constructor(host: HeapStorage, shape: Shape) {
    this.host = host;
    this.shape = shape;
    this.parts = shape.kind.parts(shape.bounds);
  }

  /** How many wait. */
  get left(): number {
    return this.pending.size;
  }

  chunk(h: Series, octave: number): Chunk | null {
    if (h.place === Place.Sink || h.place === Place.None) return null;
    if (h.place !== Place.Heap) return ownChunk(octave, this.parts);
    if (h.s.skips > 0) {
      h.s.skips--;
      return null;
    }
    const chunk = new Chunk(octave, h.f, 0);
    const status = this.host.backlog.busy ? Status.Busy : this.place(h, chunk);
    switch (status) {
      case Status.Ok:
        return chunk;
      case Status.Full:
      case Status.Limit:
        this.host.refusedBuckets(this.shape.name);
        h.s.skips = SKIPPED;
        return null;
      case Status.Busy: {
        const own = ownChunk(octave, this.parts);
        this.pending.set(own, h);
        this.host.backlog.later();
        return own;
      }
      case Status.Lost:
        this.host.renew();
        return null;
      case Status.Gone:
        // Not detached: what was counted there may still be rescued.
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
   * Makes the buckets that series are about to need, many under one lock. Buckets that it does not get are asked for
   * again when they are needed.
   *
   * @param moved series that have a block, with the images that are to be added to it
   */
  prepare(moved: readonly (readonly [Series, Float64Array])[]): void {
    const wanted: Wanted[] = [];
    for (const [h, image] of moved) {
      for (const [octave, counts] of chunksOf(image, h.size))
        if (!h.s.all.has(octave) && counts.some((one) => one !== 0)) wanted.push([h, octave]);
    }
    for (let at = 0, tried = 1; at < wanted.length && tried > 0; at += tried) {
      const some = wanted.slice(at, at + MOST_AT_ONCE);
      const status = this.host.attempt(() => {
        tried = this.ask(some);
        for (const [k, [h, octave]] of some.slice(0, tried).entries()) {
          const chunk = new Chunk(octave, h.f, 0);
          if (this.point(chunk, PLACED * k) !== Status.Ok) continue;
          if (h.s === NO_SKETCH) h.s = new Sketch();
          if (!h.s.full) h.s.put(chunk);
        }
        return Status.Ok;
      });
      if (status !== Status.Ok) return;
    }
  }

  /** Moves pending buckets into the heap. */
  settle(owns: (h: Series) => boolean): Status {
    let status = Status.Ok;
    while (this.pending.size > 0 && status === Status.Ok) {
      if (this.host.backlog.late) return Status.Busy;
      status = this.settleSome(owns);
    }
    return status;
  }

  private settleSome(owns: (h: Series) => boolean): Status {
    const some: [Chunk, Series][] = [];
    for (const [own, h] of this.pending) {
      if (some.length === MOST_AT_ONCE) break;
      // Otherwise the series was removed, or moved as a whole.
      if (owns(h) && h.s.all.get(own.octave) === own) some.push([own, h]);
      else this.pending.delete(own);
    }
    let tried = 0;
    const status = this.host.attempt(() => {
      tried = this.ask(some.map(([{ octave }, h]) => [h, octave]));
      return Status.Ok;
    });
    if (status !== Status.Ok) return status;
    for (const [k, [own, h]] of some.slice(0, tried).entries()) {
      const chunk = new Chunk(own.octave, h.f, 0);
      const found = this.host.attempt(() => this.point(chunk, PLACED * k));
      switch (found) {
        case Status.Ok:
          moveChunk(h, own, chunk);
          break;
        case Status.Full:
        case Status.Limit:
          this.host.refusedBuckets(this.shape.name);
          h.s.drop(own);
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

  /** The blocks belong to another writer now: pending buckets are in no quantile. */
  orphan(): void {
    for (const [own, h] of this.pending) {
      if (h.live && h.s.all.get(own.octave) === own) this.host.tally.unranked(observations(own));
    }
    this.pending.clear();
  }

  /** Asks for buckets of several octaves under one lock; how many of the first ones were tried. */
  private ask(wanted: readonly Wanted[]): number {
    // As in `place`.
    rescueExpired();
    for (const [k, [h, octave]] of wanted.entries())
      asked.set([h.slab, h.i, h.number, h.generation, octave], ASKED * k);
    return this.host.writer.bucketsEach(asked.subarray(0, ASKED * wanted.length), placed);
  }

  /** Points a chunk to its buckets in the heap. */
  private place(h: Series, chunk: Chunk): Status {
    // Making room may give blocks of expired series to others, and this series may be one of them.
    rescueExpired();
    if (h.place !== Place.Heap || !h.current) return Status.Gone;
    return this.host.attempt(() => {
      const { writer } = this.host;
      writer.buckets(h.slab, h.i, h.number, h.generation, chunk.octave, placed);
      return this.point(chunk, 0);
    });
  }

  /** Points a chunk to the buckets that were made for it, if any were. */
  private point(chunk: Chunk, at: number): Status {
    const status = statusOf(placed[at]!);
    if (status === Status.Ok) {
      chunk.f = this.host.views.slab(placed[at + 1]!).f;
      chunk.i = placed[at + 2]!;
    }
    return status;
  }

  /** Adds the chunks of an earlier life of the slot to a handle. */
  meet(h: Series): void {
    if (this.parts === 0) return;
    const { slab, i, number, generation } = h;
    const all = this.host.writer.allBuckets(slab, i, number, generation);
    if (all.length > 0) h.s = new Sketch();
    for (let k = 0; k < all.length; k += 3) {
      h.s.put(new Chunk(all[k]!, this.host.views.slab(all[k + 1]!).f, all[k + 2]!));
    }
  }
}

/** The observations in a chunk in this process's memory. */
function observations({ f }: Chunk): number {
  return f.reduce((sum, count) => sum + count, 0);
}
