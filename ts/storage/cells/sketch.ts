/** The chunks of one summary's series that its handle knows. */

import { CELLS, FIELD, KEPT, NEGATIVE } from './octave';

/** The buckets of an octave: {@link CELLS} for each sub-window. */
export class Chunk {
  readonly octave: number;
  /** The exponent field of its values less one unit in the last place; -1 if it is not found by that. */
  readonly key: number;
  f: Float64Array;
  i: number;

  constructor(octave: number, f: Float64Array, i: number) {
    const field = (octave % NEGATIVE) - FIELD;
    this.octave = octave;
    // Denormal values share one field, and are found by their octave.
    this.key = field >= 1 ? field : -1;
    this.f = f;
    this.i = i;
  }
}

/** One bucket in each sub-window. */
export interface Bucket {
  readonly chunk: Chunk;
  /** Its number in the octave. */
  readonly cell: number;
}

const NONE = new Chunk(0, new Float64Array(CELLS), 0);

/** Largest length of a table, at which no two fields have the same index. */
const LARGEST = 2048;

export class Sketch {
  /** Chunks of positive values, each at its key modulo the length, which is a power of two. */
  positive: Chunk[] = [NONE];
  /** The same of negative values. */
  negative: Chunk[] = [NONE];
  /** All chunks by octave. */
  readonly all = new Map<number, Chunk>();
  /** Observations for which no bucket is asked for, because memory was refused before. */
  skips = 0;

  /** True if there is the maximum of octaves. */
  get full(): boolean {
    return this.all.size >= KEPT;
  }

  /**
   * The bucket that is nearest to an octave without a chunk: the fewest octaves away, and of two such the one nearer to
   * zero.
   *
   * @returns null if no octave has its sign: zero is nearest
   */
  nearest(octave: number): Bucket | null {
    let best: Chunk | null = null;
    let least = Infinity;
    for (const chunk of this.all.values()) {
      if (chunk.octave >= NEGATIVE !== octave >= NEGATIVE) continue;
      // Half an octave more for those farther from zero, so that of two equally near ones the one nearer to zero is
      // taken.
      const apart = chunk.octave < octave ? octave - chunk.octave : chunk.octave - octave + 0.5;
      if (apart < least) [best, least] = [chunk, apart];
    }
    return best && { chunk: best, cell: best.octave < octave ? CELLS - 1 : 0 };
  }

  /** Forgets a chunk: the next observation asks for it again. */
  drop(chunk: Chunk): void {
    this.all.delete(chunk.octave);
    this.positive = [NONE];
    this.negative = [NONE];
    for (const one of [...this.all.values()]) this.put(one);
  }

  /** Adds a chunk. */
  put(chunk: Chunk): void {
    this.all.set(chunk.octave, chunk);
    if (chunk.key < 0) return;
    if (chunk.octave < NEGATIVE) this.positive = grown(this.positive, chunk);
    else this.negative = grown(this.negative, chunk);
  }
}

/** The sketch of a handle before its first observation. Never changed. */
export const NO_SKETCH = new Sketch();

function grown(table: Chunk[], chunk: Chunk): Chunk[] {
  const there = table[chunk.key & (table.length - 1)]!;
  if (there === NONE || there.key === chunk.key) {
    table[chunk.key & (table.length - 1)] = chunk;
    return table;
  }
  let next = Array.from({ length: Math.min(table.length * 2, LARGEST) }, () => NONE);
  for (const one of table) if (one !== NONE) next = grown(next, one);
  return grown(next, chunk);
}
