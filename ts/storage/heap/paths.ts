/** Chooses how cells of the heap are updated: finds out, once, when the heap is opened, which stores are sufficient. */

import { Stores, type Layout, type NativeHeap, type NativeWriter } from '../../native';
import { now, ordered } from '../cells/guarded';
import type { Kind } from '../cells/kind';
import { NativePath } from '../cells/native-path';
import { KEPT, octaveBounds } from '../cells/octave';
import type { Path, Handle } from '../cells/handle';
import { SharedGaugePath } from '../cells/shared-path';
import type { HeapSource } from './source';
import type { HeapViews } from './views';

export class Paths {
  /** Which stores are sufficient for cells of the heap. */
  stores: Stores = Stores.Native;
  private layout: Layout | null = null;
  /** The native paths of the current writer: for kinds that keep the time of their last update, and for all others. */
  private timed: NativePath | null = null;
  private untimed: NativePath | null = null;
  /** The path of shared gauges. */
  private sharedGauge: SharedGaugePath | null = null;
  private readonly views: HeapViews;
  private readonly writer: () => NativeWriter;

  /** @param writer returns the current writer */
  constructor(views: HeapViews, writer: () => NativeWriter) {
    this.views = views;
    this.writer = writer;
  }

  /** Finds out which stores are sufficient. Throws for an invalid setting, and for another layout than this code's. */
  measure(source: HeapSource, heap: NativeHeap): void {
    this.layout ??= checked(source.layout());
    const least = heap.views() ? this.layout.stores : Stores.Native;
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the greater of two members
    this.stores = Math.max(source.stores(), least);
  }

  /**
   * Makes the paths of a writer.
   *
   * @param lost called when the writer turns out to have lost its slot
   * @param leave called when the segment refuses an update of a shared gauge; see {@link SharedGaugePath}
   */
  connect(writer: NativeWriter, lost: () => void, leave: () => boolean): void {
    this.sharedGauge = new SharedGaugePath(writer, leave);
    if (this.stores === Stores.Native) {
      this.timed = new NativePath(writer, lost, now);
      this.untimed = new NativePath(writer, lost, () => 0);
    }
  }

  /** Returns the path for handles to cells of a kind; null for plain stores. */
  of(kind: Kind): Path | null {
    if (kind.sharedGauge) return this.sharedGauge!;
    switch (this.stores) {
      case Stores.Plain:
        return kind.path;
      case Stores.Ordered:
        return kind.guarded ? ordered : kind.path;
      default:
        return kind.path === null ? this.untimed! : this.timed!;
    }
  }

  /** Marks a block as not shown. */
  hide(h: Handle): void {
    if (this.stores === Stores.Native) {
      this.writer().hide(h.slab, h.first, h.number, h.generation);
    } else {
      const { flagsBack, absent } = this.layout!;
      // Atomic, because no later store to the cells may overtake it.
      Atomics.or(this.views.slab(h.slab).halves, 2 * h.first - flagsBack, absent);
    }
  }
}

/**
 * Returns the layout. Throws if it divides octaves otherwise than this code does, because observations would be counted
 * in wrong buckets.
 */
function checked(layout: Layout): Layout {
  const same = layout.octaveBounds.every((bound, number) => bound === octaveBounds[number]);
  if (!same || layout.octavesKept !== KEPT)
    throw new Error('the native module divides octaves otherwise than this code');
  return layout;
}
