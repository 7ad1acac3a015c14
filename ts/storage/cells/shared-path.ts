/**
 * Shared gauges, which have one value for all processes. In the heap an update is a native compare-exchange. A pending
 * handle, which counts in this process's memory, also keeps whether it was set: then its value replaces the one in the
 * heap, otherwise it is added.
 */

import { NativePath } from './native-path';
import type { Path, Handle } from './handle';

/** Cells in this process's memory: the value, and 1 once it was set. */
export const VALUE = 0;
const WAS_SET = 1;
export const CELLS = 2;

/** A value after later changes of it. */
export function changed(value: Float64Array, later: Float64Array): Float64Array {
  if (later[WAS_SET] === 1) return later;
  return Float64Array.of(value[VALUE]! + later[VALUE]!, value[WAS_SET]!);
}

/** In this process's memory. */
export const sharedGaugeInMemory: Path = {
  current: (h) => h.generations[h.word] === h.generation,
  add: (h, by) => {
    if (!sharedGaugeInMemory.current(h)) return false;
    h.cells[h.first + VALUE]! += by;
    return true;
  },
  set: (h, value) => {
    if (!sharedGaugeInMemory.current(h)) return false;
    h.cells[h.first + VALUE] = value;
    h.cells[h.first + WAS_SET] = 1;
    return true;
  },
  observe: () => false,
};

/** In the heap. */
export class SharedGaugePath extends NativePath {
  /** False if the last {@link write} was refused, because the segment was removed. */
  written = true;

  override read(h: Handle): Float64Array {
    const [value] = this.writer.read(h.slab, h.first, h.number, h.generation);
    return Float64Array.of(value ?? 0, 1);
  }

  /** Brings a value that was counted elsewhere to the shared one. */
  override write(h: Handle, values: Float64Array): void {
    const value = values[VALUE]!;
    this.written = values[WAS_SET] === 1 ? this.set(h, value) : this.add(h, value);
  }
}
