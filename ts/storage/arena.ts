/** The memory of memory storage: cells and generation words in ordinary ArrayBuffers. */

import { Place, type Path, type Series } from './cells/series';

const FIRST_SLAB = 64;
const LARGEST_SLAB = 16_384;

/** A free block: its slab and first cell. */
interface Block {
  f: Float64Array;
  i: number;
}

/** A free generation word. */
interface Word {
  g: Uint32Array;
  w: number;
}

/** Cells and generation words of all memory-storage metrics. */
export class Arena {
  private slab = new Float64Array(FIRST_SLAB);
  private used = 0;
  private chunk = new Uint32Array(FIRST_SLAB);
  private words = 0;
  private readonly blocks = new Map<number, Block[]>();
  private readonly freeWords: Word[] = [];

  /** Points the handle to zeroed cells of its own. */
  allocate(h: Series, cells: number, path: Path | null): void {
    const { f, i } = this.blocks.get(cells)?.pop() ?? this.newBlock(cells);
    const { g, w } = this.freeWords.pop() ?? this.newWord();
    h.f = f;
    h.i = i;
    h.g = g;
    h.w = w;
    h.size = cells;
    h.generation = g[w]!;
    h.path = path;
    h.place = Place.Memory;
    h.show();
  }

  /** Takes the cells back: handles that still point there find another generation. */
  free(h: Series, cells: number): void {
    h.f.fill(0, h.i, h.i + cells);
    h.g[h.w] = h.generation === 0xffff_ffff ? 1 : h.generation + 1;
    const same = this.blocks.get(cells);
    if (same === undefined) this.blocks.set(cells, [{ f: h.f, i: h.i }]);
    else same.push({ f: h.f, i: h.i });
    this.freeWords.push({ g: h.g, w: h.w });
  }

  private newBlock(cells: number): Block {
    if (this.used + cells > this.slab.length) {
      const size = Math.min(this.slab.length * 2, LARGEST_SLAB);
      this.slab = new Float64Array(Math.max(size, cells));
      this.used = 0;
    }
    const i = this.used;
    this.used += cells;
    return { f: this.slab, i };
  }

  private newWord(): Word {
    if (this.words === this.chunk.length) {
      this.chunk = new Uint32Array(Math.min(this.chunk.length * 2, LARGEST_SLAB));
      this.words = 0;
    }
    const w = this.words++;
    this.chunk[w] = 1;
    return { g: this.chunk, w };
  }
}
