/**
 * Gauges that have one value for all processes. In the heap an update is a native compare-exchange. A handle that
 * counts in this process's memory, because the heap was busy, remembers whether it was set: what it then moves
 * into the heap replaces the value, or is added to it.
 */

import { NativePath } from './native-path';
import type { Path, Series } from './series';

/** Cells in this process's memory: the value, and 1 once it was set. */
export const VALUE = 0;
const WAS_SET = 1;
export const CELLS = 2;

/** What a value and later changes of it come to. */
export function changed(value: Float64Array, later: Float64Array): Float64Array {
  if (later[WAS_SET] === 1) return later;
  return Float64Array.of(value[VALUE]! + later[VALUE]!, value[WAS_SET]!);
}

/** In this process's memory. */
export const sharedLocally: Path = {
  current: (h) => h.g[h.w] === h.generation,
  add: (h, by) => {
    if (!sharedLocally.current(h)) return false;
    h.f[h.i + VALUE]! += by;
    return true;
  },
  set: (h, value) => {
    if (!sharedLocally.current(h)) return false;
    h.f[h.i + VALUE] = value;
    h.f[h.i + WAS_SET] = 1;
    return true;
  },
  observe: () => false,
};

/** In the heap. */
export class SharedPath extends NativePath {
  /** False if the last {@link write} was refused, because the segment was removed. */
  written = true;

  override read(h: Series): Float64Array {
    const [value] = this.writer.read(h.slab, h.i, h.number, h.generation);
    return Float64Array.of(value ?? 0, 1);
  }

  /** What was counted elsewhere is brought to the value that all have. */
  override write(h: Series, values: Float64Array): void {
    const value = values[VALUE]!;
    this.written = values[WAS_SET] === 1 ? this.set(h, value) : this.add(h, value);
  }
}
