/**
 * A handle to one series' cells: all that an update needs, and nothing that would slow it down.
 *
 * An update is `if (h.generations[h.word] !== h.expected) slowPath(h, v); else h.cells[h.first] += v`. The comparison is
 * all that removals need: a process that removes a series stores another generation to its word, and every handle to
 * it, in every process, finds that before its next store.
 */

import { NO_SKETCH, type Sketch } from './sketch';

/** The generation of no series: a handle that expects it always takes the slow path. */
export const NEVER = 0;

/** The generation word of cells that are never removed. */
const ALWAYS = Uint32Array.of(1);

/** What a handle points to. */
export const enum Backing {
  /** Nothing yet, or nothing any more. */
  None,
  /** A block of memory storage. */
  Memory,
  /** A block of the heap. */
  Heap,
  /** Cells of its own, because the heap was busy: they move into the heap later. */
  Pending,
  /** Cells that are never read: the storage refused the series. */
  Sink,
}

/** How a handle's cells are read and updated if a plain store is not enough. */
export interface Path {
  /** Whether the handle's series still lives. */
  current(h: Handle): boolean;
  /**
   * Adds to a counter or gauge. False if the cells do not belong to the series any more: the handle has to be bound
   * again.
   */
  add(h: Handle, by: number): boolean;
  /** Replaces a gauge's value; see {@link Path.add}. */
  set(h: Handle, value: number): boolean;
  /** Adds a value to a sum and to the count of a bucket, so many times, as one update; see {@link Path.add}. */
  observe(h: Handle, value: number, bucket: number, times: number): boolean;
}

const NO_CELLS = new Float64Array(0);

export class Handle {
  /** Cells of the slab that the block lies in. */
  cells: Float64Array = NO_CELLS;
  /** Index of the block's first cell. */
  first = 0;
  /** The chunk of generation words that contains the series' own. */
  generations: Uint32Array = ALWAYS;
  /** Index of the series' word in it. */
  word = 0;
  /** What the word must hold; {@link NEVER} while the series is not to be updated by plain stores. */
  expected: number = NEVER;
  /** The path by which it is updated; null for plain stores. */
  path: Path | null = null;
  /** The slab as 32-bit words, if the path needs them. */
  halves: Uint32Array = ALWAYS;
  /** Number of its cells. */
  size = 0;
  /** True while it is not shown, because it was reset. */
  hidden = false;

  /** A summary's buckets, as far as this handle knows them. */
  sketch: Sketch = NO_SKETCH;

  /** Its labels, as in the first call that had them. */
  text = '';
  types = '';
  /**
   * True once it was set with label values of other types. JSON shows those of the last update that set it, so all
   * updates take the slow path.
   */
  retyped = false;
  /**
   * Its position in the order in which this isolate first used its series; kept when the metric moves to another
   * storage.
   */
  birth = 0;
  backing: Backing = Backing.None;
  /** True while it is in the metric's label tree; otherwise another handle may be there. */
  linked = false;
  /** The generation that the word holds while the cells are this series'; `e` is this or {@link NEVER}. */
  generation: number = NEVER;
  /** Heap: the slab's number, the series' number. */
  slab = 0;
  number = 0;
  /** An image of the block when it was bound: counts of a dead writer whose slot was adopted. */
  base: Float64Array | null = null;
  /** The object that `labels()` returned for it, and the types of the label values that were given. */
  child: unknown = null;
  childTypes = '';

  /** True if an update would go straight to the cells. */
  get live(): boolean {
    return !this.hidden && this.current;
  }

  /** True if its cells are still those of the series that it was bound to. */
  get current(): boolean {
    if (this.generation === NEVER) return false;
    return this.path === null
      ? this.generations[this.word] === this.generation
      : this.path.current(this);
  }

  /** Makes updates store to the cells. */
  show(): void {
    this.hidden = false;
    this.expected = this.path === null && !this.retyped ? this.generation : NEVER;
  }

  /** Hides the series: the next update binds it again. */
  hide(): void {
    this.hidden = true;
    this.expected = NEVER;
  }

  /** Points to cells that no generation word guards. */
  keep(cells: Float64Array, backing: Backing, path: Path | null): void {
    this.detach();
    this.cells = cells;
    this.size = cells.length;
    this.generation = ALWAYS[0]!;
    this.backing = backing;
    this.path = path;
    this.show();
  }

  /** Moves what it points to to another handle, which is returned, and points nowhere afterwards. */
  handOver(): Handle {
    const other = Object.assign(new Handle(), this, { child: null, linked: false });
    this.detach();
    return other;
  }

  /** Points nowhere: the next update binds again. */
  detach(): void {
    this.cells = NO_CELLS;
    this.first = 0;
    this.sketch = NO_SKETCH;
    this.generations = ALWAYS;
    this.word = 0;
    this.expected = NEVER;
    this.path = null;
    this.hidden = false;
    this.generation = NEVER;
    this.backing = Backing.None;
    this.base = null;
  }
}
