/** Changes of one series that its cell has not been told yet. */

import type { CellSeries } from './contract';

/** A change as a cell is told it. */
export type Change =
  | { readonly what: 'inc' | 'set'; readonly value: number }
  | { readonly what: 'observe'; readonly group: number; readonly observed: Observed };

/** Observations that a cell is told in one call, as their mean. */
interface Observed {
  readonly times: number;
  readonly sum: number;
  readonly least: number;
  readonly most: number;
}

/** How many digits two observations of a summary share if they are told in one call. */
const DIGITS = 3;

/**
 * The sum of changes since the cell was told the last. The last value that was set replaces all changes before it.
 * Observations are grouped, by bucket in a histogram and by their first three digits in a summary, so that memory does
 * not grow with them. Sums and counts stay exact but for rounding.
 */
export class Deltas {
  private readonly buckets: readonly number[] | null;
  private added: number | null = null;
  private assigned: number | null = null;
  private readonly groups = new Map<number, Observed>();

  constructor({ type, buckets }: Pick<CellSeries, 'type' | 'buckets'>) {
    this.buckets = type === 'histogram' ? (buckets ?? []) : null;
  }

  get empty(): boolean {
    return this.added === null && this.assigned === null && this.groups.size === 0;
  }

  inc(by: number): void {
    this.added = (this.added ?? 0) + by;
  }

  set(value: number): void {
    this.assigned = value;
    this.added = null;
  }

  observe(value: number, times: number): void {
    this.join(this.groupOf(value), { times, sum: value * times, least: value, most: value });
  }

  /** Returns the changes, and forgets them. */
  take(): Change[] {
    const changes: Change[] = [];
    if (this.assigned !== null) {
      const value = this.added === null ? this.assigned : this.assigned + this.added;
      changes.push({ what: 'set', value });
    } else if (this.added !== null) changes.push({ what: 'inc', value: this.added });
    for (const [group, observed] of this.groups) {
      changes.push({ what: 'observe', group, observed });
    }
    this.clear();
    return changes;
  }

  /** Puts back a change that {@link take} returned. It was made before all changes since then. */
  putBack(change: Change): void {
    if (change.what === 'observe') this.join(change.group, change.observed);
    else if (this.assigned !== null) return;
    else if (change.what === 'set') this.assigned = change.value;
    else this.inc(change.value);
  }

  clear(): void {
    this.added = null;
    this.assigned = null;
    this.groups.clear();
  }

  private groupOf(value: number): number {
    if (this.buckets === null) return Number(value.toPrecision(DIGITS));
    const bucket = this.buckets.findIndex((bound) => value <= bound);
    return bucket === -1 ? this.buckets.length : bucket;
  }

  private join(group: number, more: Observed): void {
    const there = this.groups.get(group);
    this.groups.set(
      group,
      there === undefined
        ? more
        : {
            times: there.times + more.times,
            sum: there.sum + more.sum,
            least: Math.min(there.least, more.least),
            most: Math.max(there.most, more.most),
          },
    );
  }
}

/** The methods of a cell that change it. A cell of `buffered()` returns promises, and others may by mistake. */
export interface Told {
  inc(by: number): unknown;
  set(value: number): unknown;
  observe?(value: number, times: number): unknown;
  remove(): unknown;
}

/**
 * Tells a cell a change.
 *
 * @returns what the cell's method returned
 */
export function tell(cell: Told, change: Change): unknown {
  if (change.what !== 'observe') return cell[change.what](change.value);
  const { times, sum, least, most } = change.observed;
  // Rounding could put the mean of equal values outside of their bucket.
  return cell.observe!(Math.min(Math.max(sum / times, least), most), times);
}
