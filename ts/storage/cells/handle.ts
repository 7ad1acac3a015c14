/**
 * A handle to one series' cells, with all that an update needs.
 *
 * An update is `if (h.generations[h.word] !== h.expected) slowPath(h, v); else h.cells[h.first] += v`. Because of this
 * comparison, removals need nothing else: a process that removes a series stores another generation to the series'
 * word, and every update by a handle to the series, in every process, finds that generation before it stores.
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
  /**
   * Cells of its isolate's own. They move into the heap when the heap lock is free. Cells that are made because a
   * reset of the series is kept back for a scrape move only after that scrape has read.
   */
  Pending,
  /** Cells that are never read, because the storage refused the series. */
  Sink,
}

/** How a handle's cells are updated if a plain store is not enough. */
export interface Path {
  /** Whether the handle's series still lives. */
  current(h: Handle): boolean;
  /**
   * Adds to a counter or gauge. Returns false if the cells do not belong to the series any more, so that the handle has
   * to be bound again.
   */
  add(h: Handle, by: number): boolean;
  /** Replaces a gauge's value; see {@link Path.add}. */
  set(h: Handle, value: number): boolean;
  /** Counts a value `times` times in the sum and in a bucket, as one update; see {@link Path.add}. */
  observe(h: Handle, value: number, bucket: number, times: number): boolean;
  /**
   * Tells a backend an observation of a summary, before the handle's own cells count it. Left out if there is no
   * backend.
   *
   * @returns false if the backend failed: the cells do not count it either
   */
  forward?(value: number, times: number): boolean;
}

const NO_CELLS = new Float64Array(0);

export class Handle {
  /** Cells of the slab that the block lies in. */
  cells: Float64Array = NO_CELLS;
  /** Index of the block's first cell. */
  first = 0;
  /** The chunk of generation words that contains the series' own. */
  generations: Uint32Array = ALWAYS;
  /** Index of the series' word in {@link generations}. */
  word = 0;
  /** The generation that the word must have for a plain store; {@link NEVER} while plain stores are not allowed. */
  expected: number = NEVER;
  /** The path by which the cells are updated; null for plain stores. */
  path: Path | null = null;
  /** The slab as 32-bit words, if the path needs them. */
  halves: Uint32Array = ALWAYS;
  /** Number of the block's cells. */
  size = 0;
  /** True while the series is not shown, because it was reset. */
  hidden = false;

  /** A summary's octave buckets that this handle has found so far. */
  sketch: Sketch = NO_SKETCH;

  /**
   * The series' label text and the types of its label values, from the call that bound the handle. `Roster.retype`
   * changes the types later.
   */
  text = '';
  types = '';
  /**
   * True once a call named a gauge's series by label values of other types. JSON shows the types of the last call that
   * set the gauge, so all updates take the slow path.
   */
  retyped = false;
  /**
   * The series' position in the order in which this isolate bound its series; kept when the metric moves to another
   * storage.
   */
  birth = 0;
  backing: Backing = Backing.None;
  /** True while the handle is in the metric's label tree; otherwise another handle may be there for the same labels. */
  linked = false;
  /** The generation of the word while the cells belong to the series; {@link expected} is this or {@link NEVER}. */
  generation: number = NEVER;
  /** In the heap: the slab's number and the series' number. */
  slab = 0;
  number = 0;
  /**
   * The counts of a dead writer that were in the block when the handle was bound, because this isolate's writer adopted
   * the dead writer's slot. They are stored as `Kind.image` returns counts. Null if there were none, and for gauges.
   */
  base: Float64Array | null = null;
  /** The object that `labels()` returned for the series, and the types of the label values in that call. */
  child: unknown = null;
  childTypes = '';

  /** True if the series is shown and updates can be made in the cells, so that the handle need not be bound. */
  get live(): boolean {
    return !this.hidden && this.current;
  }

  /** True if the cells still belong to the series to which the handle was bound. */
  get current(): boolean {
    if (this.generation === NEVER) return false;
    return this.path === null
      ? this.generations[this.word] === this.generation
      : this.path.current(this);
  }

  /** Shows the series: from now on updates store to the cells. */
  show(): void {
    this.hidden = false;
    this.expected = this.path === null && !this.retyped ? this.generation : NEVER;
  }

  /** Hides the series: the next update binds the handle again. */
  hide(): void {
    this.hidden = true;
    this.expected = NEVER;
  }

  /** Points the handle to cells that no process removes. They have {@link ALWAYS} in place of a series' word. */
  keep(cells: Float64Array, backing: Backing, path: Path | null): void {
    this.detach();
    this.cells = cells;
    this.size = cells.length;
    this.generation = ALWAYS[0]!;
    this.backing = backing;
    this.path = path;
    this.show();
  }

  /** Returns a new handle that points to the same cells. This handle points nowhere afterwards. */
  handOver(): Handle {
    const other = Object.assign(new Handle(), this, { child: null, linked: false });
    this.detach();
    return other;
  }

  /** Makes the handle point nowhere: the next update binds it again. */
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
