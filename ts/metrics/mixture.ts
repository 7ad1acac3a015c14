/**
 * Joins the quantiles of several processes. The exact quantiles of all observations cannot be computed from quantiles
 * alone. The result is the quantile of the mixture of the processes' distributions, each weighted by its count and
 * assumed to be linear between its known quantiles. The result is exact if all processes have the same quantiles, and
 * never outside of the range of their values.
 */

/** One process's summary of one label set. */
export interface WeightedQuantiles {
  /** Number of observations. */
  readonly count: number;
  /** Ranks (0 to 1) with their values; not empty. */
  readonly points: readonly Point[];
}

/** Ranks that differ by less are equal: they are sums of shares, with rounding errors. */
const SAME_RANK = 1e-12;

type Point = readonly [rank: number, value: number];

/**
 * Returns a quantile of the mixture.
 *
 * @param summaries in any order
 * @param rank 0 to 1
 * @returns NaN if there is no summary with observations and a value
 */
export function mixedQuantile(summaries: readonly WeightedQuantiles[], rank: number): number {
  const curves: Curve[] = [];
  for (const { count, points } of summaries) {
    const known = points.filter(([p, value]) => p >= 0 && p <= 1 && Number.isFinite(value));
    if (count > 0 && known.length > 0) curves.push(new Curve(count, known));
  }
  if (curves.length === 0) return NaN;
  if (curves.length === 1) return curves[0]!.quantile(rank);
  const total = curves.reduce((sum, { weight }) => sum + weight, 0);
  const knots = [...new Set(curves.flatMap(({ values }) => values))].sort((a, b) => a - b);
  let last = { value: knots[0]!, share: 0 };
  for (const value of knots) {
    const before =
      curves.reduce((sum, curve) => sum + curve.weight * curve.below(value), 0) / total;
    if (Math.abs(before - rank) < SAME_RANK) return value;
    if (before > rank && before > last.share) {
      const share = (rank - last.share) / (before - last.share);
      return last.value + Math.max(share, 0) * (value - last.value);
    }
    const after = curves.reduce((sum, curve) => sum + curve.weight * curve.upTo(value), 0) / total;
    if (after > rank - SAME_RANK) return value;
    last = { value, share: after };
  }
  return knots.at(-1)!;
}

/** A distribution function that is linear between the known quantiles. */
class Curve {
  readonly weight: number;
  readonly ranks: readonly number[];
  readonly values: readonly number[];

  constructor(weight: number, points: readonly Point[]) {
    const sorted = [...points].sort(([a], [b]) => a - b);
    this.weight = weight;
    this.ranks = sorted.map(([rank]) => rank);
    // Each quantile was estimated by itself, so the value of a higher rank may be slightly lower.
    let highest = -Infinity;
    this.values = sorted.map(([, value]) => (highest = Math.max(highest, value)));
  }

  /** Returns the value of a rank. Interpolates between known ranks; outside of them, returns that of the nearest. */
  quantile(rank: number): number {
    const at = this.ranks.findIndex((one) => one >= rank);
    if (at === -1) return this.values.at(-1)!;
    if (at === 0 || this.ranks[at] === rank) return this.values[at]!;
    return between(rank, this.ranks, this.values, at);
  }

  /** The share of observations below a value. */
  below(value: number): number {
    const at = this.values.findIndex((one) => one >= value);
    if (at === -1) return 1;
    return at === 0 ? 0 : between(value, this.values, this.ranks, at);
  }

  /** The share of observations up to a value. */
  upTo(value: number): number {
    const at = this.values.findIndex((one) => one > value);
    if (at === -1) return 1;
    return at === 0 ? 0 : between(value, this.values, this.ranks, at);
  }
}

/** Interpolates between the points `at - 1` and `at`, whose x coordinates differ. */
function between(x: number, xs: readonly number[], ys: readonly number[], at: number): number {
  const [x0, x1, y0, y1] = [xs[at - 1]!, xs[at]!, ys[at - 1]!, ys[at]!];
  return y0 + ((x - x0) / (x1 - x0)) * (y1 - y0);
}
