/** Quantiles of observations that were counted in buckets, as `collect/sketch.rs` computes them. */

import { CELLS, middleOf } from './octave';

/** What was observed. */
export interface Observed {
  zeros: number;
  /** Infinity for nothing. */
  min: number;
  /** -Infinity for nothing. */
  max: number;
  /** Counts by octave, {@link CELLS} each. */
  octaves: Map<number, Float64Array>;
}

/** Values with the number of observations up to and with each. */
interface Ranked {
  values: number[];
  upto: number[];
}

/** The quantiles, 0 each where nothing was observed. */
export function quantiles(observed: Observed, percentiles: readonly number[]): number[] {
  const { values, upto } = ranked(observed);
  const count = upto.at(-1);
  if (count === undefined) return percentiles.map(() => 0);
  const { min, max } = observed;
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

function ranked({ zeros, octaves }: Observed): Ranked {
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

/** True if nothing was observed. */
export function isEmpty({ zeros, octaves }: Observed): boolean {
  return zeros === 0 && [...octaves.values()].every((counts) => counts.every((one) => one === 0));
}
