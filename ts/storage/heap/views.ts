/** Views of the segment's memory, and how handles are pointed to those of a copy. */

import type { NativeWriter } from '../../native';
import { Backing, type Path, type Handle } from '../cells/handle';

/** The memory of one slab, as cells and as 32-bit words. */
export interface Slab {
  cells: Float64Array;
  halves: Uint32Array;
}

/** Views of a segment, by the numbers of slabs and of chunks of generation words. */
export interface Views {
  readonly slabs: ReadonlyMap<number, Readonly<Slab>>;
  readonly chunks: ReadonlyMap<number, Uint32Array>;
}

export class HeapViews {
  private slabs = new Map<number, Slab>();
  private chunks = new Map<number, Uint32Array>();
  private readonly writer: () => NativeWriter;

  /** @param writer returns the current writer */
  constructor(writer: () => NativeWriter) {
    this.writer = writer;
  }

  /** Returns the views of a slab. */
  slab(n: number): Slab {
    let slab = this.slabs.get(n);
    if (slab === undefined) {
      const memory = this.writer().slab(n);
      slab = { cells: new Float64Array(memory), halves: new Uint32Array(memory) };
      this.slabs.set(n, slab);
    }
    return slab;
  }

  /** Returns the view of a chunk of generation words. */
  chunk(n: number): Uint32Array {
    let chunk = this.chunks.get(n);
    if (chunk === undefined) {
      chunk = new Uint32Array(this.writer().generations(n));
      this.chunks.set(n, chunk);
    }
    return chunk;
  }

  /** Forgets and returns all views, because the numbers mean other memory from now on. */
  renew(): Views {
    const { slabs, chunks } = this;
    this.slabs = new Map();
    this.chunks = new Map();
    return { slabs, chunks };
  }
}

/**
 * Points a handle to the same cells in the copy of a segment.
 *
 * @param h a handle; unchanged if its cells are not in the heap
 * @param path the path by which the handle is updated in the copy
 * @param before the views to which the handle and its buckets point
 * @param now the views of the copy
 */
export function repoint(h: Handle, path: Path | null, before: Views, now: HeapViews): void {
  if (h.backing !== Backing.Heap) return;
  h.path = path;
  const there = before.slabs.get(h.slab);
  if (there !== undefined && h.cells === there.cells) {
    const { cells, halves } = now.slab(h.slab);
    h.cells = cells;
    h.halves = halves;
  }
  for (const [number, chunk] of before.chunks) {
    if (h.generations === chunk) {
      h.generations = now.chunk(number);
      break;
    }
  }
  for (const buckets of h.sketch.all.values()) {
    for (const [number, { cells }] of before.slabs) {
      if (buckets.cells === cells) {
        buckets.cells = now.slab(number).cells;
        break;
      }
    }
  }
}
