/**
 * Shared gauges, which have one value for all processes. In the heap an update is a native compare-exchange. A pending
 * handle counts in this process's memory, and also keeps whether the gauge was set. When the handle moves into the
 * heap, its value replaces the one there if the gauge was set; otherwise it is added to the one there.
 *
 * A segment whose file was removed refuses updates as soon as a copy of it has the value. Such an update waits for a
 * moment until this writer knows the copy, because counts in this process's memory would be lost with the process.
 */

import { Status, type NativeWriter } from '../../native';
import { NativePath } from './native-path';
import type { Path, Handle } from './handle';

/** Cells in this process's memory: the value, and 1 once the gauge was set. */
export const VALUE = 0;
const WAS_SET = 1;
export const CELLS = 2;

/** Returns the cells `value` after the changes that were counted in the cells `later`. */
export function changed(value: Float64Array, later: Float64Array): Float64Array {
  if (later[WAS_SET] === 1) return later;
  return Float64Array.of(value[VALUE]! + later[VALUE]!, value[WAS_SET]!);
}

/** The path of shared gauges in this process's memory. */
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

/** The path of shared gauges in the heap. */
export class SharedGaugePath extends NativePath {
  /** False if the last {@link write} was refused, because the series or the segment was removed. */
  written = true;
  private readonly leave: () => boolean;

  /**
   * @param writer the owner of the blocks that the handles point to
   * @param leave called when the segment or the slot is lost; returns true if the update is to be tried again
   */
  constructor(writer: NativeWriter, leave: () => boolean) {
    super(
      writer,
      () => undefined,
      () => 0,
    );
    this.leave = leave;
  }

  override add({ slab, first, number, generation }: Handle, by: number): boolean {
    const { writer } = this;
    let status: number;
    do status = writer.add(slab, first, number, generation, by, 0);
    while (status === (Status.Lost as number) && this.leave());
    return status === (Status.Ok as number);
  }

  override set({ slab, first, number, generation }: Handle, value: number): boolean {
    const { writer } = this;
    let status: number;
    do status = writer.set(slab, first, number, generation, value, 0);
    while (status === (Status.Lost as number) && this.leave());
    return status === (Status.Ok as number);
  }

  override read(h: Handle): Float64Array {
    const [value] = this.writer.read(h.slab, h.first, h.number, h.generation);
    return Float64Array.of(value ?? 0, 1);
  }

  /** Sets the shared value, or adds to it, from the cells of a pending handle. */
  override write(h: Handle, values: Float64Array): void {
    const value = values[VALUE]!;
    this.written = values[WAS_SET] === 1 ? this.set(h, value) : this.add(h, value);
  }
}
