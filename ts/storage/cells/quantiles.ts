/** Quantiles of observations that were counted in buckets, as `quantile/sketch.rs` computes them. */

import { CELLS, middleOf } from './octave';

/** Counts of observations in buckets. */
export interface Counts {
  zeros: number;
  /** The counts of each octave's {@link CELLS} buckets, by the octave's number. */
  octaves: Map<number, Float64Array>;
}

/** Counts of observations, with the smallest and the largest observation. */
export interface Observed extends Counts {
  /** Infinity if nothing was observed. */
  min: number;
  /** -Infinity if nothing was observed. */
  max: number;
}

/** Values, each with the number of observations up to and including it. */
interface Ranked {
  values: number[];
  upto: number[];
}

/** Returns the quantiles; each is 0 if nothing was observed. */
export function quantiles(observed: Observed, percentiles: readonly number[]): number[] {
  const { values, upto } = ranked(observed);
  const count = upto.at(-1);
  if (count === undefined) return percentiles.map(() => 0);
  const min = Number.isFinite(observed.min) ? observed.min : values[0]!;
  const max = Number.isFinite(observed.max) ? observed.max : values.at(-1)!;
  const nth = (rank: number): number => {
    if (rank <= 0) return min;
    if (rank >= count - 1) return max;
    const value = values[upto.findIndex((sum) => sum > rank)]!;
    return Math.min(Math.max(value, min), max);
  };
  return percentiles.map((percentile) => {
    const rank = count * percentile - 0.5;
    if (!(rank > 0)) return min;
    if (rank >= count - 1) return max;
    const below = Math.floor(rank);
    const [lower, upper, share] = [nth(below), nth(below + 1), rank - below];
    if (lower < 0 && upper > 0 && count > 2) return share <= 0.5 ? lower : upper;
    return lower === upper ? lower : lower * (1 - share) + upper * share;
  });
}

/** Returns the smallest and the largest observation, as far as buckets show; Infinity and -Infinity for none. */
export function ends(counts: Counts): [min: number, max: number] {
  const { values } = ranked(counts);
  return [values[0] ?? Infinity, values.at(-1) ?? -Infinity];
}

function ranked({ zeros, octaves }: Counts): Ranked {
  const all: [value: number, count: number][] = zeros > 0 ? [[0, zeros]] : [];
  for (const [octave, counts] of octaves) {
    for (let cell = 0; cell < CELLS; cell++) {
      if (counts[cell]! > 0) all.push([middleOf(octave, cell), counts[cell]!]);
    }
  }
  all.sort(([a], [b]) => a - b);
  let sum = 0;
  return { values: all.map(([value]) => value), upto: all.map(([, count]) => (sum += count)) };
}

/** True if nothing was observed. Compares `min` and `max`, too: an observation has no bucket if memory was full. */
export function isEmpty({ zeros, min, max, octaves }: Observed): boolean {
  const none = (counts: Float64Array) => counts.every((one) => one === 0);
  return min > max && zeros === 0 && [...octaves.values()].every(none);
}
