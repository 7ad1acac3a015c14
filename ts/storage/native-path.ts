/**
 * Updates by native calls: where the runtime shows JavaScript copies of external memory, or a processor does
 * not keep the order of what JavaScript stores. Native code makes the checks that the direct way makes, at each
 * update.
 */

import { Status, type NativeWriter } from '../native';
import type { Path } from './path';
import type { Series } from './series';

export class NativePath implements Path {
  protected readonly writer: NativeWriter;
  private readonly lost: () => void;
  private readonly clock: () => number;

  /**
   * @param writer whose blocks the handles point to
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

  observe({ slab, i, number, generation }: Series, value: number, bucket: number): boolean {
    return this.done(this.writer.observe(slab, i, number, generation, value, bucket));
  }

  read({ slab, i, number, generation, size }: Series): Float64Array {
    const cells = this.writer.read(slab, i, number, generation);
    return cells.length === size ? cells : new Float64Array(size);
  }

  write({ slab, i, number, generation }: Series, values: Float64Array): void {
    this.done(this.writer.write(slab, i, number, generation, values));
  }

  private done(status: number): boolean {
    if (status === (Status.Ok as number)) return true;
    if (status === (Status.Lost as number)) this.lost();
    return false;
  }
}
