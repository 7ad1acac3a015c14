/** The octave buckets of one summary's series that its handle knows. */

import { CELLS, FIELD, KEPT, NEGATIVE } from './octave';

/** The buckets of an octave: {@link CELLS} for each sub-window. */
export class OctaveBuckets {
  readonly octave: number;
  /** The exponent field of its values less one unit in the last place; -1 if it is not found by that. */
  readonly key: number;
  cells: Float64Array;
  first: number;

  constructor(octave: number, cells: Float64Array, first: number) {
    const field = (octave % NEGATIVE) - FIELD;
    this.octave = octave;
    // Denormal values share one field, and are found by their octave.
    this.key = field >= 1 ? field : -1;
    this.cells = cells;
    this.first = first;
  }
}

/** One bucket in each sub-window. */
export interface Bucket {
  readonly buckets: OctaveBuckets;
  /** Its number in the octave. */
  readonly cell: number;
}

const NONE = new OctaveBuckets(0, new Float64Array(CELLS), 0);

/** Largest length of a table, at which no two fields have the same index. */
const LARGEST = 2048;

export class Sketch {
  /** Those of positive values, each at its key modulo the length, which is a power of two. */
  positive: OctaveBuckets[] = [NONE];
  /** The same of negative values. */
  negative: OctaveBuckets[] = [NONE];
  /** All by octave. */
  readonly all = new Map<number, OctaveBuckets>();
  /** Observations for which no bucket is asked for, because memory was refused before. */
  skips = 0;

  /** True if there is the maximum of octaves. */
  get full(): boolean {
    return this.all.size >= KEPT;
  }

  /**
   * The bucket that is nearest to an octave without buckets: the fewest octaves away, and of two such the one nearer
   * to zero.
   *
   * @returns null if no octave has its sign: zero is nearest
   */
  nearest(octave: number): Bucket | null {
    let best: OctaveBuckets | null = null;
    let least = Infinity;
    for (const buckets of this.all.values()) {
      if (buckets.octave >= NEGATIVE !== octave >= NEGATIVE) continue;
      // Half an octave more for those farther from zero, so that of two equally near ones the one nearer to zero is
      // taken.
      const apart =
        buckets.octave < octave ? octave - buckets.octave : buckets.octave - octave + 0.5;
      if (apart < least) [best, least] = [buckets, apart];
    }
    return best && { buckets: best, cell: best.octave < octave ? CELLS - 1 : 0 };
  }

  /** Forgets an octave's buckets: the next observation asks for them again. */
  drop(buckets: OctaveBuckets): void {
    this.all.delete(buckets.octave);
    this.positive = [NONE];
    this.negative = [NONE];
    for (const one of [...this.all.values()]) this.put(one);
  }

  /** Adds an octave's buckets. */
  put(buckets: OctaveBuckets): void {
    this.all.set(buckets.octave, buckets);
    if (buckets.key < 0) return;
    if (buckets.octave < NEGATIVE) this.positive = grown(this.positive, buckets);
    else this.negative = grown(this.negative, buckets);
  }
}

/** The sketch of a handle before its first observation. Never changed. */
export const NO_SKETCH = new Sketch();

function grown(table: OctaveBuckets[], buckets: OctaveBuckets): OctaveBuckets[] {
  const there = table[buckets.key & (table.length - 1)]!;
  if (there === NONE || there.key === buckets.key) {
    table[buckets.key & (table.length - 1)] = buckets;
    return table;
  }
  let next = Array.from({ length: Math.min(table.length * 2, LARGEST) }, () => NONE);
  for (const one of table) if (one !== NONE) next = grown(next, one);
  return grown(next, buckets);
}
