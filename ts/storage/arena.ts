/** The memory of memory storage: cells and generation words in ordinary ArrayBuffers. */

import { Backing, type Path, type Handle } from './cells/handle';

const FIRST_SLAB = 64;
const LARGEST_SLAB = 16_384;

/** A free block: its slab and first cell. */
interface Block {
  cells: Float64Array;
  first: number;
}

/** A free generation word. */
interface Word {
  generations: Uint32Array;
  word: number;
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
  allocate(h: Handle, cells: number, path: Path | null): void {
    const block = this.blocks.get(cells)?.pop() ?? this.newBlock(cells);
    const { generations, word } = this.freeWords.pop() ?? this.newWord();
    h.cells = block.cells;
    h.first = block.first;
    h.generations = generations;
    h.word = word;
    h.size = cells;
    h.generation = generations[word]!;
    h.path = path;
    h.backing = Backing.Memory;
    h.show();
  }

  /** Frees the cells of a handle. Handles that still point to them find another generation. */
  free(h: Handle, cells: number): void {
    h.cells.fill(0, h.first, h.first + cells);
    h.generations[h.word] = h.generation === 0xffff_ffff ? 1 : h.generation + 1;
    const same = this.blocks.get(cells);
    if (same === undefined) this.blocks.set(cells, [{ cells: h.cells, first: h.first }]);
    else same.push({ cells: h.cells, first: h.first });
    this.freeWords.push({ generations: h.generations, word: h.word });
  }

  private newBlock(cells: number): Block {
    if (this.used + cells > this.slab.length) {
      const size = Math.min(this.slab.length * 2, LARGEST_SLAB);
      this.slab = new Float64Array(Math.max(size, cells));
      this.used = 0;
    }
    const first = this.used;
    this.used += cells;
    return { cells: this.slab, first };
  }

  private newWord(): Word {
    if (this.words === this.chunk.length) {
      this.chunk = new Uint32Array(Math.min(this.chunk.length * 2, LARGEST_SLAB));
      this.words = 0;
    }
    const word = this.words++;
    this.chunk[word] = 1;
    return { generations: this.chunk, word };
  }
}
