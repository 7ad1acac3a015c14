/**
 * Updates by native calls. Shared gauges in the heap always need them. Other cells need them if the runtime gives
 * JavaScript only a copy of external memory, or if JavaScript's stores are not sufficient on this machine or for this
 * build: see `crates/mpmetrics-core/src/cells/stores.rs`. At each update, native code makes the checks of the direct
 * path.
 */

import { Status, type NativeWriter } from '../../native';
import type { Path, Handle } from './handle';
import type { Window } from './summary-layout';

export class NativePath implements Path {
  protected readonly writer: NativeWriter;
  private readonly lost: () => void;
  private readonly clock: () => number;

  /**
   * @param writer the owner of the blocks that the handles point to
   * @param lost called when the writer turns out to have lost its slot
   * @param clock returns the time of an update, in milliseconds, for cells that keep the time
   */
  constructor(writer: NativeWriter, lost: () => void, clock: () => number) {
    this.writer = writer;
    this.lost = lost;
    this.clock = clock;
  }

  current({ slab, first, number, generation }: Handle): boolean {
    return this.writer.holds(slab, first, number, generation);
  }

  add({ slab, first, number, generation }: Handle, by: number): boolean {
    return this.done(this.writer.add(slab, first, number, generation, by, this.clock()));
  }

  set({ slab, first, number, generation }: Handle, value: number): boolean {
    return this.done(this.writer.set(slab, first, number, generation, value, this.clock()));
  }

  observe(h: Handle, value: number, bucket: number, times: number): boolean {
    const { slab, first, number, generation } = h;
    return this.done(this.writer.observe(slab, first, number, generation, value, times, bucket));
  }

  /** {@link Path.observe} for a summary; `window` is null for a summary without a window. */
  summarise(h: Handle, value: number, times: number, window: Window | null): boolean {
    const { slab, first, number, generation } = h;
    const { length, subWindows } = window ?? { length: 0, subWindows: 1 };
    const { writer } = this;
    const now = Date.now();
    return this.done(
      writer.summarise(slab, first, number, generation, value, times, length, subWindows, now),
    );
  }

  /** Returns an image of the counts; empty if the cells do not belong to the series any more. */
  read({ slab, first, number, generation }: Handle): Float64Array {
    return this.writer.read(slab, first, number, generation);
  }

  /** Replaces the counts by an image; sequence words in `values` are ignored. */
  write({ slab, first, number, generation }: Handle, values: Float64Array): void {
    this.done(this.writer.write(slab, first, number, generation, values));
  }

  private done(status: number): boolean {
    if (status === (Status.Ok as number)) return true;
    if (status === (Status.Lost as number)) this.lost();
    return false;
  }
}
