/**
 * Updates from JavaScript of cells between two sequence words. Gauges that keep the time of their last update are
 * always updated here; histograms and summaries on the slow path, or if the processor may reorder plain stores.
 */

import type { Path, Handle } from './handle';

/** Cells of a gauge that keeps its time: sequence word, value, time, sequence word. */
export const VALUE = 1;
export const TIME = 2;

/**
 * Returns the Unix time in milliseconds. Never 0, which means "not set". The clock is read at each update, because
 * tests replace it.
 */
export function now(): number {
  return Date.now() || 1;
}

export class GuardedPath implements Path {
  current(h: Handle): boolean {
    return h.generations[h.word] === h.generation;
  }

  /** Adds to a gauge's value, and stores the time. */
  add(h: Handle, by: number): boolean {
    return this.set(h, h.cells[h.first + VALUE]! + by);
  }

  set(h: Handle, value: number): boolean {
    if (!this.current(h)) return false;
    const { cells, first } = h;
    const time = now();
    const sequence = this.begin(h);
    cells[first + VALUE] = value;
    cells[first + TIME] = time;
    this.end(h, sequence);
    return true;
  }

  observe(h: Handle, value: number, bucket: number, times: number): boolean {
    if (!this.current(h)) return false;
    const { cells, first } = h;
    const sequence = this.begin(h);
    cells[first + 1 + bucket]! += times;
    cells[first + h.size - 2]! += value * times;
    this.end(h, sequence);
    return true;
  }

  /** Replaces all cells; sequence words in `values` are ignored. */
  write(h: Handle, values: Float64Array): void {
    const { cells, first, size } = h;
    const sequence = this.begin(h);
    for (let k = 1; k < size - 1; k++) cells[first + k] = values[k]!;
    this.end(h, sequence);
  }

  /** Stores the next sequence number to the last word, before any other cell is stored. Returns the number. */
  begin({ cells, first, size }: Handle): number {
    const sequence = cells[first]! + 1;
    cells[first + size - 1] = sequence;
    return sequence;
  }

  /** Stores the sequence number to the first word, after all other cells. */
  end({ cells, first }: Handle, sequence: number): void {
    cells[first] = sequence;
  }
}

/**
 * For processors that may reorder plain stores and have atomic read-modify-write instructions (Arm with LSE). Readers
 * see the store to the last word before all later stores of the update, and the store to the first word after all
 * earlier ones. `Atomics` has no doubles, so the sequence numbers count in the lower halves of the words; a reader
 * compares whole words.
 */
class OrderedPath extends GuardedPath {
  override begin({ halves, first, size }: Handle): number {
    return Atomics.add(halves, 2 * (first + size - 1), 1) + 1;
  }

  override end({ halves, first }: Handle, sequence: number): void {
    Atomics.store(halves, 2 * first, sequence);
  }
}

/** The path with plain stores: for memory of this process, and for a heap on x86-64. */
export const guarded = new GuardedPath();

/** The path with atomic stores to the sequence words. */
export const ordered = new OrderedPath();

/** Returns the path for updates of a handle's cells between sequence words. */
export function guardedPath(h: Handle): GuardedPath {
  return h.path instanceof GuardedPath ? h.path : guarded;
}
