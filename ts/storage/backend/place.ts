/** A backend of cells, as the families of this isolate use it: opening cells, and reading many at once. */

import {
  checkedNumbers,
  failed,
  missingMethod,
  nameOf,
  type Cell,
  type CellBackend,
  type CellSeries,
} from '../../backends';
import { messageOf, MpmetricsError, shown } from '../../errors';
import type { BackendPath } from './path';

/** A backend and how it is named; see `CellsInUse` in `meeting/backend.ts`. */
export interface CellSource {
  readonly backend: CellBackend;
  readonly name: string;
  readonly initialization: Promise<void> | null;
}

export class BackendPlace {
  /** False until the backend can open cells. */
  ready: boolean;
  readonly name: string;
  private readonly backend: CellBackend;
  /** Resolves when the backend can open cells, and the families have opened theirs. */
  private readonly initialization: Promise<void> | null;
  /** Called when the backend can open cells. */
  private readonly waiting = new Set<() => void>();
  /** The families, by {@link keyOf}. A metric may be garbage collected without having left. */
  private readonly families = new Map<string, WeakRef<object>>();
  /** The round trip that begins in the next microtask. */
  private next: Promise<ReadonlyMap<Cell, readonly number[]>> | null = null;

  constructor({ backend, name, initialization }: CellSource) {
    this.backend = backend;
    this.name = name;
    this.ready = initialization === null;
    this.initialization =
      initialization?.then(() => {
        this.ready = true;
        for (const open of this.waiting) open();
        this.waiting.clear();
      }) ?? null;
    this.initialization?.catch((error: unknown) => {
      failed('open', 'all series', error, 'scrapes are rejected');
    });
  }

  /** Whether the backend has a metric of this name and registry. */
  has(registry: string | undefined, name: string): boolean {
    return this.families.get(keyOf(registry, name))?.deref() !== undefined;
  }

  /** Notes that a family is in the backend. */
  take(registry: string | undefined, name: string, family: object): void {
    this.families.set(keyOf(registry, name), new WeakRef(family));
  }

  /** Notes that a family has left the backend. */
  giveUp(registry: string | undefined, name: string, family: object): void {
    const key = keyOf(registry, name);
    if (this.families.get(key)?.deref() === family) this.families.delete(key);
  }

  /** Calls a function when the backend can open cells. */
  whenReady(open: () => void): void {
    this.waiting.add(open);
  }

  /** Opens the cell of a series. Throws what the backend throws, and an error for a cell that lacks a method. */
  open(series: CellSeries): Cell {
    const cell = this.backend.open(series);
    const missing = missingMethod(cell, series.type);
    if (missing === null) return cell;
    throw new MpmetricsError(
      'ERR_MPMETRICS_INVALID',
      `open() of the backend ${this.name} must return a cell, and what it returned for ${nameOf(series)} lacks the method ${missing}`,
    );
  }

  /**
   * Reads the numbers of cells. All families that are read in the same tick share one round trip, if the backend has
   * `collect`.
   *
   * @param length the number of a cell's numbers: the least and the most
   * @returns rejects with an error that names the series or the backend
   */
  async read(
    paths: () => readonly BackendPath[],
    length: readonly [number, number],
  ): Promise<ReadonlyMap<BackendPath, readonly number[]>> {
    // Rejects if the backend could not be initialized. Until it is, the families have no cells of the backend.
    if (this.initialization !== null) await this.initialization;
    const asked = paths().map((path) => [path, path.cell] as const);
    const all = this.backend.collect === undefined ? null : await this.collect();
    const read = asked.map(async ([path, cell]) => {
      const numbers = all?.get(cell) ?? (await this.one(path, cell));
      return [path, this.checked(path, numbers, length)] as const;
    });
    return new Map(await Promise.all(read));
  }

  private collect(): Promise<ReadonlyMap<Cell, readonly number[]>> {
    this.next ??= Promise.resolve().then(async () => {
      this.next = null;
      try {
        return checkedNumbers(await this.backend.collect!());
      } catch (error) {
        throw this.failure('all series', error);
      }
    });
    return this.next;
  }

  private async one({ series }: BackendPath, cell: Cell): Promise<readonly number[]> {
    try {
      return await cell.get();
    } catch (error) {
      throw this.failure(series, error);
    }
  }

  private checked(
    { series }: BackendPath,
    numbers: readonly number[],
    [least, most]: readonly [number, number],
  ): readonly number[] {
    const fits =
      Array.isArray(numbers) &&
      (numbers.length === least || numbers.length === most) &&
      numbers.every((one) => typeof one === 'number');
    if (fits) return numbers;
    const count = least === most ? String(least) : `${least} or ${most}`;
    const message = `get() must return an array of ${count} ${most === 1 ? 'number' : 'numbers'}, and returned ${shown(numbers)}`;
    throw this.failure(series, new MpmetricsError('ERR_MPMETRICS_INVALID', message));
  }

  private failure(about: string, error: unknown): MpmetricsError {
    failed('read', about, error);
    const message = `the backend ${this.name} could not be read for ${about}: ${messageOf(error)}`;
    return new MpmetricsError('ERR_MPMETRICS_IO', message, error);
  }
}

function keyOf(registry: string | undefined, name: string): string {
  return JSON.stringify([registry ?? null, name]);
}
