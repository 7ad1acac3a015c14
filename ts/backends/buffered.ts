/** `buffered()`: a backend of cells whose methods return promises. */

import { MpmetricsError, unfit } from '../errors';
import { unref } from '../timers';
import {
  checkedNumbers,
  missingMethod,
  nameOf,
  type Cell,
  type CellBackend,
  type CellSeries,
} from './contract';
import { Deltas, tell, type Change } from './deltas';
import { failed } from './failures';

/** A {@link Cell} in a store that answers later: a promise resolves when the store has the change. */
export interface SlowCell {
  /** Adds to the stored value. */
  inc(by: number): unknown;
  /** Replaces the stored value. */
  set(value: number): unknown;
  /** Counts a value `times` times; see {@link Cell.observe}. */
  observe?(value: number, times: number): unknown;
  /** Returns what is stored; see {@link Cell.get}. */
  get(): readonly number[] | Promise<readonly number[]>;
  /** Removes the series from the store. */
  remove(): unknown;
}

/** A {@link CellBackend} whose cells return promises. */
export interface SlowBackend {
  readonly name?: string;
  /** Returns the cell of a series. Called at the first flush that concerns the series. */
  open(series: CellSeries): SlowCell;
  collect?(): Promise<ReadonlyMap<SlowCell, readonly number[]>>;
  close?(): Promise<void> | void;
}

/** The options of {@link buffered}. */
export interface BufferedOptions {
  /** Milliseconds between two flushes, from 1 to 2147483647; default 100. */
  flushMs?: number;
  /** Maximum number of series, from 1 to 8388608; default 10,000. Further series are refused. */
  maxSeries?: number;
}

/** What {@link buffered} returns. */
export interface BufferedBackend extends CellBackend {
  /**
   * Writes all changes to the store.
   *
   * @returns rejects with the first error of the store, if there was one. What could not be written is kept
   */
  flush(): Promise<void>;
  close(): Promise<void>;
}

class BufferedCell implements Cell {
  readonly deltas: Deltas;
  /** The cell of the store; null before the first flush. */
  stored: SlowCell | null = null;
  readonly series: CellSeries;
  private readonly whole: Buffer;

  constructor(whole: Buffer, series: CellSeries) {
    this.whole = whole;
    this.series = series;
    this.deltas = new Deltas(series);
  }

  inc(by: number): void {
    this.deltas.inc(by);
    this.whole.changed(this);
  }

  set(value: number): void {
    this.deltas.set(value);
    this.whole.changed(this);
  }

  observe(value: number, times: number): void {
    this.deltas.observe(value, times);
    this.whole.changed(this);
  }

  async get(): Promise<readonly number[]> {
    await this.whole.flushOrKeep();
    return this.whole.current(this).get();
  }

  remove(): void {
    this.whole.removed(this);
  }
}

class Buffer implements BufferedBackend {
  readonly name: string;
  /** Set only if the store's backend has it, because a backend without `collect` is asked cell by cell. */
  readonly collect?: () => Promise<ReadonlyMap<Cell, readonly number[]>>;
  private readonly store: SlowBackend;
  private readonly flushMs: number;
  private readonly maxSeries: number;
  private readonly cells = new Set<BufferedCell>();
  private readonly dirty = new Set<BufferedCell>();
  /** Cells of removed series that the store may still have, by {@link keyOf}. */
  private readonly removals = new Map<string, BufferedCell>();
  private timer: unknown = null;
  /** The flush that is under way, and the one that follows it. */
  private running: Promise<void> | null = null;
  private following: Promise<void> | null = null;

  constructor(store: SlowBackend, flushMs: number, maxSeries: number) {
    this.store = store;
    // The namespace of a module has no constructor.
    const { constructor } = store as { constructor?: { name: string } };
    this.name = store.name ?? constructor?.name ?? 'a backend';
    this.flushMs = flushMs;
    this.maxSeries = maxSeries;
    if (typeof store.collect === 'function') this.collect = () => this.collected();
  }

  open(series: CellSeries): Cell {
    if (this.cells.size >= this.maxSeries) {
      const message = `buffered({ maxSeries: ${this.maxSeries} }) allows no further series`;
      throw new MpmetricsError('ERR_MPMETRICS_LIMIT', `${message}: ${nameOf(series)} is refused`);
    }
    const cell = new BufferedCell(this, series);
    this.cells.add(cell);
    return cell;
  }

  changed(cell: BufferedCell): void {
    if (!this.cells.has(cell)) return;
    this.dirty.add(cell);
    this.schedule();
  }

  removed(cell: BufferedCell): void {
    if (!this.cells.delete(cell)) return;
    this.dirty.delete(cell);
    cell.deltas.clear();
    // A store may have the series from an earlier run, so it is told even if this cell has written nothing. If the
    // removal of an earlier cell waits, this cell has written nothing, because that removal comes first.
    const key = keyOf(cell.series);
    if (!this.removals.has(key)) this.removals.set(key, cell);
    this.schedule();
  }

  /** Returns the cell of the store. Throws what the store's `open` throws, and for a cell that lacks a method. */
  storedOf(cell: BufferedCell): SlowCell {
    if (cell.stored !== null) return cell.stored;
    const opened = this.store.open(cell.series);
    const missing = missingMethod(opened, cell.series.type);
    if (missing === null) return (cell.stored = opened);
    throw new MpmetricsError(
      'ERR_MPMETRICS_INVALID',
      `open() of the store of buffered() must return a cell, and what it returned for ${nameOf(cell.series)} lacks the method ${missing}`,
    );
  }

  /** {@link storedOf}, for reading. Throws if the store still has an earlier series of the same labels. */
  current(cell: BufferedCell): SlowCell {
    if (this.removals.has(keyOf(cell.series))) {
      throw new Error('the store did not remove the earlier series of these labels');
    }
    return this.storedOf(cell);
  }

  /** Writes all changes that were made before this call. What fails is counted, and kept. */
  async flushOrKeep(): Promise<void> {
    await this.flush().catch(() => undefined);
  }

  flush(): Promise<void> {
    if (this.following !== null) return this.following;
    if (this.running === null) return this.begin();
    // The flush that is under way may have taken the changes of a series before the caller made the last one.
    return (this.following = this.running
      .catch(() => undefined)
      .then(() => {
        this.following = null;
        return this.begin();
      }));
  }

  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      clearTimeout(this.timer as NodeJS.Timeout);
      this.timer = null;
      await this.store.close?.();
    }
  }

  private begin(): Promise<void> {
    const writing = this.write();
    this.running = writing;
    const over = (): void => {
      if (this.running === writing) this.running = null;
      if (this.dirty.size > 0 || this.removals.size > 0) this.schedule();
    };
    writing.then(over, over);
    return writing;
  }

  private async write(): Promise<void> {
    const errors: unknown[] = [];
    const note = (cell: BufferedCell, error: unknown): void => {
      failed('flush', nameOf(cell.series), error);
      errors.push(error);
    };
    await Promise.all(
      [...this.removals].map(async ([key, cell]) => {
        try {
          await this.storedOf(cell).remove();
          this.removals.delete(key);
        } catch (error) {
          note(cell, error);
        }
      }),
    );
    const writes: Promise<void>[] = [];
    for (const cell of [...this.dirty]) {
      // A series that was made again is written after its earlier self was removed.
      if (this.removals.has(keyOf(cell.series))) continue;
      this.dirty.delete(cell);
      for (const change of cell.deltas.take()) {
        writes.push(
          this.writeOne(cell, change).catch((error: unknown) => {
            note(cell, error);
            this.keep(cell, change);
          }),
        );
      }
    }
    await Promise.all(writes);
    if (errors.length > 0) throw errors[0];
  }

  private async writeOne(cell: BufferedCell, change: Change): Promise<void> {
    await tell(this.storedOf(cell), change);
  }

  /** Keeps a change that the store has refused. */
  private keep(cell: BufferedCell, change: Change): void {
    if (!this.cells.has(cell)) return;
    cell.deltas.putBack(change);
    this.dirty.add(cell);
  }

  private async collected(): Promise<ReadonlyMap<Cell, readonly number[]>> {
    await this.flushOrKeep();
    const asked = [...this.cells].map((cell) => [cell, this.current(cell)] as const);
    const stored = checkedNumbers(await this.store.collect!());
    const found = new Map<Cell, readonly number[]>();
    for (const [cell, there] of asked) {
      const numbers = stored.get(there);
      if (numbers !== undefined) found.set(cell, numbers);
    }
    return found;
  }

  private schedule(): void {
    this.timer ??= unref(
      setTimeout(() => {
        this.timer = null;
        void this.flushOrKeep();
      }, this.flushMs),
    );
  }
}

function keyOf({ registry, name, labels }: CellSeries): string {
  const pairs = Object.entries(labels).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([registry ?? null, name, ...pairs]);
}

/**
 * Makes a backend for a store whose methods return promises. Updates are kept as one sum for each series; a flush writes
 * the sums every `flushMs`, before each scrape, and when the process has nothing more to do. What the store refuses is
 * kept and written again with the next flush. If the process is killed, the changes since the last flush are lost. An
 * `inc` whose reply was lost is written twice, unless the store's cells prevent that.
 *
 * @param backend opens the store's cells
 * @param options see {@link BufferedOptions}
 * @throws TypeError for an object without `open`, or an invalid option
 */
export function buffered(backend: SlowBackend, options: BufferedOptions = {}): BufferedBackend {
  if (typeof (backend as Partial<SlowBackend> | null)?.open !== 'function') {
    throw unfit('the backend of buffered()', 'an object with a method open', backend);
  }
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw unfit("buffered()'s options", 'an object', options);
  }
  const { flushMs = 100, maxSeries = 10_000 } = options;
  if (!(typeof flushMs === 'number' && flushMs >= 1 && flushMs <= 2 ** 31 - 1)) {
    throw unfit('flushMs', 'a number of milliseconds from 1 to 2147483647', flushMs);
  }
  if (!(Number.isInteger(maxSeries) && maxSeries >= 1 && maxSeries <= 2 ** 23)) {
    throw unfit('maxSeries', 'a whole number of series from 1 to 8388608', maxSeries);
  }
  return new Buffer(backend, flushMs, maxSeries);
}
