/** The buckets of one summary's series in the heap. */

import { Status, statusOf } from '../../native';
import { moveChunk, ownChunk, type Buckets } from '../cells/buckets';
import type { Shape } from '../cells/kind';
import { Place, type Series } from '../cells/series';
import { Chunk, Sketch } from '../cells/sketch';
import { rescueExpired } from '../expiry';
import type { HeapStorage } from './storage';

/** Observations without a bucket after which the heap is asked for memory again. */
const SKIPPED = 1024;

const placed = new Uint32Array(3);

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

  /** Moves pending buckets into the heap. */
  settle(owns: (h: Series) => boolean): Status {
    for (const [own, h] of this.pending) {
      // Otherwise the series was removed, or moved as a whole.
      if (owns(h) && h.s.all.get(own.octave) === own) {
        const chunk = new Chunk(own.octave, h.f, 0);
        const status = this.place(h, chunk);
        switch (status) {
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
            return status;
        }
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

  /** Points a chunk to its buckets in the heap. */
  private place(h: Series, chunk: Chunk): Status {
    // Making room may give blocks of expired series to others, and this series may be one of them.
    rescueExpired();
    if (h.place !== Place.Heap || !h.current) return Status.Gone;
    return this.host.attempt(() => {
      const { writer } = this.host;
      writer.buckets(h.slab, h.i, h.number, h.generation, chunk.octave, placed);
      const status = statusOf(placed[0]!);
      if (status === Status.Ok) {
        chunk.f = this.host.views.slab(placed[1]!).f;
        chunk.i = placed[2]!;
      }
      return status;
    });
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
