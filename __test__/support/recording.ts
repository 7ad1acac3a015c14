/** Backends for specs: one that records its calls and may throw, and what specs need of others. */
import MapBackend from '../../examples/map-backend.mjs';
import type { Cell, CellBackend, CellSeries } from '../../ts/index';

type Method = keyof Cell | 'open';

/** A backend that records its calls, and throws what {@link Recording.failing} says. */
export class Recording implements CellBackend {
  readonly calls: unknown[][] = [];
  readonly failing = new Map<Method, Error>();
  private readonly map = new MapBackend();

  open(series: CellSeries): Cell {
    this.call('open', series);
    const cell = this.map.open(series);
    return {
      inc: (by) => {
        this.call('inc', series.name, by);
        cell.inc(by);
      },
      set: (value) => {
        this.call('set', series.name, value);
        cell.set(value);
      },
      observe: (value, times) => {
        this.call('observe', series.name, value, times);
        cell.observe(value, times);
      },
      get: async () => {
        await Promise.resolve();
        this.call('get', series.name);
        return cell.get() as number[];
      },
      remove: () => {
        this.call('remove', series.name);
        cell.remove();
      },
    };
  }

  /** The calls since the last call of this function. */
  take(): unknown[][] {
    return this.calls.splice(0);
  }

  private call(method: Method, ...args: unknown[]): void {
    this.calls.push([method, ...args]);
    const error = this.failing.get(method);
    if (error !== undefined) throw error;
  }
}

/** The methods of a cell as an object. */
export function methodsOf(cell: Cell): Cell {
  return {
    inc: cell.inc.bind(cell),
    set: cell.set.bind(cell),
    observe: cell.observe!.bind(cell),
    get: cell.get.bind(cell),
    remove: cell.remove.bind(cell),
  };
}
