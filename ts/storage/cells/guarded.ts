/**
 * Cells between two sequence words, updated from JavaScript: those of gauges that keep the time they were set and, if
 * the processor may reorder plain stores, those of histograms and summaries.
 */

import type { Path, Series } from './series';

/** Cells of a gauge that keeps its time: sequence word, value, time, sequence word. */
export const VALUE = 1;
export const TIME = 2;

/**
 * Milliseconds of Unix time, read at each update because tests replace the clock. Never 0, which means "not set".
 */
export function now(): number {
  return Date.now() || 1;
}

export class GuardedPath implements Path {
  current(h: Series): boolean {
    return h.g[h.w] === h.generation;
  }

  /** A gauge's value and time. */
  add(h: Series, by: number): boolean {
    return this.set(h, h.f[h.i + VALUE]! + by);
  }

  set(h: Series, value: number): boolean {
    if (!this.current(h)) return false;
    const { f, i } = h;
    const time = now();
    const sequence = this.begin(h);
    f[i + VALUE] = value;
    f[i + TIME] = time;
    this.end(h, sequence);
    return true;
  }

  observe(h: Series, value: number, bucket: number, times: number): boolean {
    if (!this.current(h)) return false;
    const { f, i } = h;
    const sequence = this.begin(h);
    f[i + 1 + bucket]! += times;
    f[i + h.size - 2]! += value * times;
    this.end(h, sequence);
    return true;
  }

  /** Replaces all cells; sequence words in `values` are ignored. */
  write(h: Series, values: Float64Array): void {
    const { f, i, size } = h;
    const sequence = this.begin(h);
    for (let k = 1; k < size - 1; k++) f[i + k] = values[k]!;
    this.end(h, sequence);
  }

  /** Stores the next number to the last word, before any other cell. */
  begin({ f, i, size }: Series): number {
    const sequence = f[i]! + 1;
    f[i + size - 1] = sequence;
    return sequence;
  }

  /** Stores it to the first word, after all others. */
  end({ f, i }: Series, sequence: number): void {
    f[i] = sequence;
  }
}

/**
 * For processors that may reorder plain stores and have atomic read-modify-write instructions (Arm with LSE): no later
 * store overtakes the first, and the last overtakes none. `Atomics` has no doubles, so the sequence numbers count in
 * the lower halves of the words; a reader compares whole words.
 */
class OrderedPath extends GuardedPath {
  override begin({ u, i, size }: Series): number {
    return Atomics.add(u, 2 * (i + size - 1), 1) + 1;
  }

  override end({ u, i }: Series, sequence: number): void {
    Atomics.store(u, 2 * i, sequence);
  }
}

/** {@link GuardedPath} by plain stores: memory of this process, and a heap on x86-64. */
export const guarded = new GuardedPath();

/** {@link GuardedPath} by an atomic store before and one after. */
export const ordered = new OrderedPath();

/** The path for stores between the sequence words of a handle's cells. */
export function guardedPath(h: Series): GuardedPath {
  return h.path instanceof GuardedPath ? h.path : guarded;
}
