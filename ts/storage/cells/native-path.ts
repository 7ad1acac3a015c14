/**
 * Updates by native calls: if the runtime gives JavaScript a copy of external memory, or the processor does not keep
 * the order of JavaScript's stores. At each update, native code makes the checks of the direct path.
 */

import { Status, type NativeWriter } from '../../native';
import type { Path, Series } from './series';
import type { Window } from './summary-layout';

export class NativePath implements Path {
  protected readonly writer: NativeWriter;
  private readonly lost: () => void;
  private readonly clock: () => number;

  /**
   * @param writer the owner of the blocks that the handles point to
   * @param lost called when the writer turns out to have lost its slot
   * @param clock the time of an update, in milliseconds, for cells that keep it
   */
  constructor(writer: NativeWriter, lost: () => void, clock: () => number) {
    this.writer = writer;
    this.lost = lost;
    this.clock = clock;
  }

  current({ slab, i, number, generation }: Series): boolean {
    return this.writer.holds(slab, i, number, generation);
  }

  add({ slab, i, number, generation }: Series, by: number): boolean {
    return this.done(this.writer.add(slab, i, number, generation, by, this.clock()));
  }

  set({ slab, i, number, generation }: Series, value: number): boolean {
    return this.done(this.writer.set(slab, i, number, generation, value, this.clock()));
  }

  observe(h: Series, value: number, bucket: number, times: number): boolean {
    const { slab, i, number, generation } = h;
    return this.done(this.writer.observe(slab, i, number, generation, value, times, bucket));
  }

  /** {@link Path.observe} of a summary with this window; null for none. */
  summarise(h: Series, value: number, times: number, window: Window | null): boolean {
    const { slab, i, number, generation } = h;
    const { length, parts } = window ?? { length: 0, parts: 1 };
    const { writer } = this;
    const now = Date.now();
    return this.done(
      writer.summarise(slab, i, number, generation, value, times, length, parts, now),
    );
  }

  /** An image of what was counted; empty if the cells are another's now. */
  read({ slab, i, number, generation }: Series): Float64Array {
    return this.writer.read(slab, i, number, generation);
  }

  /** Replaces it by an image; sequence words in `values` are ignored. */
  write({ slab, i, number, generation }: Series, values: Float64Array): void {
    this.done(this.writer.write(slab, i, number, generation, values));
  }

  private done(status: number): boolean {
    if (status === (Status.Ok as number)) return true;
    if (status === (Status.Lost as number)) this.lost();
    return false;
  }
}
