/** Specs of the methods of a backend of cells, as the library calls them. */

import { deepStrictEqual, ok, strictEqual } from 'assert';

import { missingMethod, type Cell, type CellBackend, type CellSeries } from '../backends';
import type { CellSpec } from './fixture';

/** What a spec says of each type, beside the name and the labels. */
const TYPES = {
  counter: { type: 'counter' },
  gauge: { type: 'gauge' },
  histogram: { type: 'histogram', buckets: [1, 2] },
  summary: { type: 'summary', quantiles: [0.5] },
  stateset: { type: 'stateset', states: ['a', 'b'] },
  info: { type: 'info' },
} as const satisfies Record<string, Partial<CellSeries>>;

function open(backend: CellBackend, name: string, type: keyof typeof TYPES): Cell {
  const labels = { type };
  return backend.open({ name, help: 'of a spec', labels, aggregator: 'sum', ...TYPES[type] });
}

const ALL = Object.keys(TYPES) as (keyof typeof TYPES)[];

export const cellSpecs: readonly CellSpec[] = [
  {
    title: 'open() returns a cell with all methods for each type',
    run: (backend, name) => {
      for (const type of ALL) strictEqual(missingMethod(open(backend, name, type), type), null);
      return Promise.resolve();
    },
  },
  {
    title: 'updates return nothing, and no promise, for which no caller would wait',
    run: (backend, name) => {
      const gauge: { inc(by: number): unknown; set(value: number): unknown; remove(): unknown } =
        open(backend, name, 'gauge');
      const histogram: { observe?(value: number, times: number): unknown } = open(
        backend,
        name,
        'histogram',
      );
      const results = [gauge.inc(1), gauge.set(2), histogram.observe!(1, 1), gauge.remove()];
      deepStrictEqual(results, Array(4).fill(undefined));
      return Promise.resolve();
    },
  },
  {
    title: 'get() returns as many numbers as the type has',
    run: async (backend, name) => {
      const counts = { histogram: [4], summary: [2, 3] };
      for (const type of ALL) {
        const numbers = await open(backend, name, type).get();
        const allowed = type === 'histogram' || type === 'summary' ? counts[type] : [1];
        ok(allowed.includes(numbers.length), `${type}: ${numbers.length} numbers`);
        ok(numbers.every((one) => typeof one === 'number'));
      }
    },
  },
  {
    title: 'a histogram has the sum first, then counts that are not cumulative',
    run: async (backend, name) => {
      const cell = open(backend, name, 'histogram');
      cell.observe!(1, 2);
      cell.observe!(1.5, 1);
      cell.observe!(9, 4);
      deepStrictEqual([...(await cell.get())], [39.5, 2, 1, 4]);
    },
  },
  {
    title: 'collect() returns what get() does, if there is a collect()',
    run: async (backend, name) => {
      const cells = (['counter', 'gauge', 'summary'] as const).map((type) =>
        open(backend, name, type),
      );
      cells[0]!.inc(2);
      cells[1]!.set(3);
      cells[2]!.observe!(4, 1);
      const all = await backend.collect?.();
      for (const cell of all === undefined ? [] : cells) {
        const numbers = all!.get(cell);
        if (numbers !== undefined) deepStrictEqual([...numbers], [...(await cell.get())]);
      }
      const first = cells.map(async (cell) => (await cell.get())[0]);
      deepStrictEqual(await Promise.all(first), [2, 3, 4]);
    },
  },
];
