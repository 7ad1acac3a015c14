/** A sketch: the octave buckets of a summary's series that its handle has found so far. */

import { CELLS, FIELD, KEPT, NEGATIVE } from './octave';

/** The buckets of an octave: {@link CELLS} for each sub-window. */
export class OctaveBuckets {
  readonly octave: number;
  /**
   * The octave's key in the tables of a sketch: the exponent field that its values have after one unit in the last
   * place was subtracted from each. (An octave includes its upper limit, whose own exponent field is one higher.) The
   * key is -1 for an octave of denormal values, which is in no table, and is found in {@link Sketch.all} only.
   */
  readonly key: number;
  cells: Float64Array;
  first: number;

  constructor(octave: number, cells: Float64Array, first: number) {
    const field = (octave % NEGATIVE) - FIELD;
    this.octave = octave;
    // All denormal values have the same exponent field.
    this.key = field >= 1 ? field : -1;
    this.cells = cells;
    this.first = first;
  }
}

/** One bucket in each sub-window. */
export interface Bucket {
  readonly buckets: OctaveBuckets;
  /** The bucket's number in the octave. */
  readonly cell: number;
}

const NONE = new OctaveBuckets(0, new Float64Array(CELLS), 0);

/** Largest length of a table. At this length no two exponent fields have the same index. */
const LARGEST = 2048;

export class Sketch {
  /** Octaves of positive values, each at its key modulo the length of this table, which is a power of two. */
  positive: OctaveBuckets[] = [NONE];
  /** Octaves of negative values, in the same way. */
  negative: OctaveBuckets[] = [NONE];
  /** All octaves, by number. */
  readonly all = new Map<number, OctaveBuckets>();
  /** How many of the next observations do not ask for missing buckets, because there was no memory for buckets. */
  skips = 0;

  /** True if the series has as many octaves as it may have. */
  get full(): boolean {
    return this.all.size >= KEPT;
  }

  /**
   * The bucket that is nearest to an octave without buckets: the fewest octaves away, and of two such the one nearer
   * to zero.
   *
   * @returns null if no octave of the same sign has buckets: the bucket of zero is nearest
   */
  nearest(octave: number): Bucket | null {
    let best: OctaveBuckets | null = null;
    let least = Infinity;
    for (const buckets of this.all.values()) {
      if (buckets.octave >= NEGATIVE !== octave >= NEGATIVE) continue;
      // Half an octave is added if the buckets are farther from zero than `octave`. So of two octaves that are equally
      // near, the one nearer to zero wins.
      const apart =
        buckets.octave < octave ? octave - buckets.octave : buckets.octave - octave + 0.5;
      if (apart < least) [best, least] = [buckets, apart];
    }
    return best && { buckets: best, cell: best.octave < octave ? CELLS - 1 : 0 };
  }

  /** Forgets an octave's buckets, so that the next observation asks for them again. */
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
