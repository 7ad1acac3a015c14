/**
 * Updates of a series in a backend of the user's own. The backend's cell is told each update first. If it accepts the
 * update, the handle's own cells count it, too: they have what this isolate counted, for `Info` and `StateSet`, for
 * series that expire, and for a metric that leaves the backend.
 */

import { failed, watch, type Cell, type Told } from '../../backends';
import { guarded } from '../cells/guarded';
import type { Handle, Path } from '../cells/handle';
import type { Kind } from '../cells/kind';

/** Plain stores to the handle's own cells. */
const plain: Path = {
  current: (h) => h.generations[h.word] === h.generation,
  add: (h, by) => {
    h.cells[h.first]! += by;
    return true;
  },
  set: (h, value) => {
    h.cells[h.first] = value;
    return true;
  },
  observe: (h, value, bucket, times) => guarded.observe(h, value, bucket, times),
};

/** Returns how the handle's own cells of a kind are updated. */
export function ownPath(kind: Kind): Path {
  return kind.path ?? plain;
}

export class BackendPath implements Path {
  cell: Cell;
  /** The series, as messages name it. */
  readonly series: string;
  private readonly own: Path;

  constructor(cell: Cell, series: string, own: Path) {
    this.cell = cell;
    this.series = series;
    this.own = own;
  }

  private get told(): Told {
    return this.cell;
  }

  current(h: Handle): boolean {
    return h.generations[h.word] === h.generation;
  }

  add(h: Handle, by: number): boolean {
    if (!this.current(h)) return false;
    try {
      watch('update', this.series, this.told.inc(by));
    } catch (error) {
      failed('update', this.series, error);
      return true;
    }
    return this.own.add(h, by);
  }

  set(h: Handle, value: number): boolean {
    if (!this.current(h)) return false;
    try {
      watch('update', this.series, this.told.set(value));
    } catch (error) {
      failed('update', this.series, error);
      return true;
    }
    return this.own.set(h, value);
  }

  observe(h: Handle, value: number, bucket: number, times: number): boolean {
    if (!this.current(h)) return false;
    return this.forward(value, times) ? this.own.observe(h, value, bucket, times) : true;
  }

  forward(value: number, times: number): boolean {
    try {
      watch('update', this.series, this.told.observe!(value, times));
      return true;
    } catch (error) {
      failed('update', this.series, error);
      return false;
    }
  }

  /** Tells the backend that the series is removed. */
  remove(): void {
    try {
      watch('remove', this.series, this.told.remove());
    } catch (error) {
      failed('remove', this.series, error);
    }
  }
}
