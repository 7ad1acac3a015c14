/** `buffered()`: what it tells a slow store and when, and that nothing is lost when the store fails. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import MapBackend from '../../examples/map-backend.mjs';
import type { BufferedBackend, BufferedOptions, CellSeries, SlowCell } from '../../ts/index';
import { samples } from '../support/samples';
import { any, inside, memory, rejected, thrown, type Client } from '../support/subject';

let client: Client;
let warnings: string[];

beforeEach(async () => {
  client = await memory.load();
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => warnings.push(String(text)));
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Method = 'inc' | 'set' | 'observe' | 'get' | 'remove';

/** A store that records the calls that arrive, and fails or waits as a spec wants. */
class Store {
  readonly name = 'store';
  readonly calls: unknown[][] = [];
  failing: (method: Method, series: string) => boolean = () => false;
  /** A promise that calls wait for before they arrive. */
  gate: Promise<void> = Promise.resolve();
  closed = 0;
  private readonly map = new MapBackend();

  open(series: CellSeries): SlowCell {
    const cell = this.map.open(series);
    const name = Object.values(series.labels)[0] ?? series.name;
    const call = async <T>(method: Method, args: unknown[], run: () => T): Promise<T> => {
      await this.gate;
      if (this.failing(method, name)) throw new Error(`${method} of ${name}: no connection`);
      if (method !== 'get') this.calls.push([method, name, ...args]);
      return run();
    };
    return {
      inc: (by) =>
        call('inc', [by], () => {
          cell.inc(by);
        }),
      set: (value) =>
        call('set', [value], () => {
          cell.set(value);
        }),
      observe: (value, times) =>
        call('observe', [value, times], () => {
          cell.observe(value, times);
        }),
      get: () => call('get', [], () => cell.get() as number[]),
      remove: () =>
        call('remove', [], () => {
          cell.remove();
        }),
    };
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }

  take(): unknown[][] {
    return this.calls.splice(0);
  }
}

/** Metrics over a store. */
function over(store: Store, options?: BufferedOptions): BufferedBackend {
  const backend = client.buffered(store, options);
  client.configure({ backend });
  return backend;
}

const shown = async () => Object.fromEntries(samples(await client.register.metrics()));
const counterOf = (name = 'c') => new client.Counter({ name, help: 'h', labelNames: ['a'] });

describe('a flush', () => {
  test('writes one sum for each series, and the last value that was set', async () => {
    const store = new Store();
    const backend = over(store, { flushMs: 2 ** 30 });
    const counter = counterOf();
    const gauge = new client.Gauge({ name: 'g', help: 'h', labelNames: ['a'] });
    for (let i = 1; i <= 100; i++) {
      counter.inc({ a: 'x' }, i);
      counter.inc({ a: 'y' });
      gauge.inc({ a: 'added' });
      gauge.set({ a: 'set' }, i);
    }
    gauge.dec({ a: 'set' }, 0.5);
    expect(store.take()).toEqual([]);
    await backend.flush();
    const written = [
      ['inc', 'x', 5050],
      ['inc', 'y', 100],
      ['inc', 'added', 100],
      ['set', 'set', 99.5],
    ];
    expect(store.take()).toEqual(written);
    await backend.flush();
    expect(store.take()).toEqual([]);
    expect(await shown()).toMatchObject({ 'c{a="x"}': 5050, 'g{a="set"}': 99.5 });
  });

  test('writes one call for each bucket of a histogram, whose sum and counts are exact', async () => {
    const store = new Store();
    over(store, { flushMs: 2 ** 30 });
    const histogram = new client.Histogram({ name: 'h', help: 'h', buckets: [1, 10] });
    let sum = 0;
    for (let i = 0; i < 3000; i++) {
      histogram.observe(i / 128);
      sum += i / 128;
    }
    histogram.observe(1, 1000);
    const { h_sum: total, ...counts } = await shown();
    expect(counts).toEqual({
      'h_bucket{le="1"}': 1129,
      'h_bucket{le="10"}': 2281,
      'h_bucket{le="+Inf"}': 4000,
      h_count: 4000,
    });
    expect(total).toBeCloseTo(sum + 1000, 6);
    expect(store.take().map(([method]) => method)).toEqual(['observe', 'observe', 'observe']);
  });

  test('tells a summary each value to three digits, in bounded memory', async () => {
    const store = new Store();
    over(store, { flushMs: 2 ** 30 });
    const summary = new client.Summary({ name: 's', help: 'h' });
    let sum = 0;
    for (let i = 1; i <= 20_000; i++) {
      summary.observe(i);
      sum += i;
    }
    expect(await shown()).toEqual({ s_sum: expect.closeTo(sum, 3) as number, s_count: 20_000 });
    const told = store.take() as ['observe', string, number, number][];
    expect(told.length).toBeLessThan(3000);
    const values = told.flatMap(([, , value, times]) => Array<number>(times).fill(value));
    values.sort((one, other) => one - other);
    for (const [i, value] of values.entries()) {
      expect(Math.abs(value / (i + 1) - 1)).toBeLessThan(0.005);
    }
  });

  test('happens every flushMs if something changed', async () => {
    vi.useFakeTimers();
    const store = new Store();
    over(store, { flushMs: 250 });
    const counter = counterOf();
    counter.inc({ a: 'x' });
    counter.inc({ a: 'x' });
    await vi.advanceTimersByTimeAsync(249);
    expect(store.take()).toEqual([]);
    await vi.advanceTimersByTimeAsync(2);
    expect(store.take()).toEqual([['inc', 'x', 2]]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([store.take(), vi.getTimerCount()]).toEqual([[], 0]);
    counter.inc({ a: 'y' });
    await vi.advanceTimersByTimeAsync(251);
    expect(store.take()).toEqual([['inc', 'y', 1]]);
  });

  test('that is under way does not delay updates, and the next one has them', async () => {
    const store = new Store();
    const backend = over(store, { flushMs: 2 ** 30 });
    const counter = counterOf();
    counter.inc({ a: 'x' });
    let open = (): void => undefined;
    store.gate = new Promise((resolve) => (open = resolve));
    const first = backend.flush();
    await Promise.resolve();
    counter.inc({ a: 'x' }, 10);
    const scrape = shown();
    counter.inc({ a: 'x' }, 100);
    open();
    await first;
    const { 'c{a="x"}': seen } = await scrape;
    expect([11, 111]).toContain(seen);
    expect(await shown()).toEqual({ 'c{a="x"}': 111 });
  });
});

describe('a store that fails', () => {
  test('loses nothing: what it refuses is kept, added to, and written again', async () => {
    const store = new Store();
    const backend = over(store, { flushMs: 2 ** 30 });
    const counter = counterOf();
    const gauge = new client.Gauge({ name: 'g', help: 'h', labelNames: ['a'] });
    const histogram = new client.Histogram({ name: 'h', help: 'h', buckets: [1] });
    client.collectLibraryMetrics();
    const update = (): void => {
      counter.inc({ a: 'x' });
      counter.inc({ a: 'y' }, 2);
      gauge.set({ a: 'set' }, 1);
      gauge.inc({ a: 'set' }, 5);
      gauge.inc({ a: 'added' }, 3);
      histogram.observe(0.5);
      histogram.observe(4);
    };
    store.failing = () => true;
    update();
    expect(await rejected(backend.flush())).toMatch(/^Error: inc of x: no connection/);
    update();
    // Now only some calls succeed.
    let call = 0;
    store.failing = () => ++call % 2 === 0;
    await rejected(backend.flush());
    update();
    gauge.set({ a: 'set' }, 9);
    store.failing = () => false;
    expect(await shown()).toMatchObject({
      'c{a="x"}': 3,
      'c{a="y"}': 6,
      'g{a="set"}': 9,
      'g{a="added"}': 9,
      'h_bucket{le="1"}': 3,
      h_count: 6,
      h_sum: 13.5,
    });
    const { flush } = inside('backends').backendFailures;
    expect(flush).toBeGreaterThan(7);
    expect(await shown()).toMatchObject({
      'mpmetrics_backend_errors_total{operation="flush"}': flush,
    });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(
      'the backend\'s flush failed for c{a="x"}, and the changes are kept',
    );
  });

  test('is tried again every flushMs', async () => {
    vi.useFakeTimers();
    const store = new Store();
    over(store, { flushMs: 100 });
    store.failing = () => true;
    counterOf().inc({ a: 'x' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(inside('backends').backendFailures.flush).toBeGreaterThan(5);
    store.failing = () => false;
    await vi.advanceTimersByTimeAsync(101);
    expect([store.take(), vi.getTimerCount()]).toEqual([[['inc', 'x', 1]], 0]);
  });

  test('in remove shows no sum of the series before and after', async () => {
    const store = new Store();
    over(store, { flushMs: 2 ** 30 });
    const counter = counterOf();
    counter.inc({ a: 'x' }, 100);
    await shown();
    store.failing = (method) => method === 'remove';
    counter.remove('x');
    counter.inc({ a: 'x' }, 5);
    expect(await rejected(client.register.metrics())).toContain(
      'could not be read for c{a="x"}: the store did not remove the earlier series',
    );
    store.failing = () => false;
    expect(await shown()).toEqual({ 'c{a="x"}': 5 });
  });
});

test('series beyond maxSeries are refused, counted, and warned about once', async () => {
  over(new Store(), { maxSeries: 3 });
  const counter = counterOf();
  client.collectLibraryMetrics();
  const duration = 1;
  for (let a = 0; a < 10; a++) counter.inc({ a });
  const seen = await shown();
  const own = Object.keys(seen).filter((name) => name.startsWith('c{'));
  expect(own).toHaveLength(3 - duration);
  expect(seen['mpmetrics_dropped_updates_total{reason="series"}']).toBe(8);
  expect(warnings).toHaveLength(1);
  // After one is removed, there is room for another.
  counter.remove('0');
  counter.inc({ a: 'new' });
  expect(await shown()).toMatchObject({ 'c{a="new"}': 1 });
});

test('close() writes the last changes, ends the timer, and closes the store', async () => {
  vi.useFakeTimers();
  const store = new Store();
  const backend = over(store);
  counterOf().inc({ a: 'x' });
  await backend.close();
  expect([store.take(), store.closed, vi.getTimerCount()]).toEqual([[['inc', 'x', 1]], 1, 0]);
});

test('close() rejects if the last changes could not be written', async () => {
  const store = new Store();
  const backend = over(store);
  counterOf().inc({ a: 'x' });
  store.failing = () => true;
  expect(await rejected(backend.close())).toContain('no connection');
  expect(store.closed).toBe(1);
});

test('a store with collect is read in one call, after the changes were written', async () => {
  const store = new Store();
  const cells = new Map<SlowCell, () => ReturnType<SlowCell['get']>>();
  let trips = 0;
  const backend = client.buffered({
    open: (series) => {
      const cell = store.open(series);
      const opened: SlowCell = { ...cell, get: () => Promise.reject(new Error('one by one')) };
      cells.set(opened, () => cell.get());
      return opened;
    },
    collect: async () => {
      trips++;
      const all = Array.from(cells, async ([cell, get]) => [cell, await get()] as const);
      return new Map(await Promise.all(all));
    },
  });
  client.configure({ backend });
  const counter = counterOf();
  counterOf('untouched').labels('z').inc(0);
  for (let a = 0; a < 5; a++) counter.inc({ a }, a);
  expect(await shown()).toMatchObject({ 'c{a="4"}': 4, 'untouched{a="z"}': 0 });
  expect(trips).toBe(1);
});

test.each<readonly [unknown, unknown, string]>([
  [null, {}, 'the backend of buffered() must be an object with a method open, and is null'],
  [{}, {}, 'the backend of buffered() must be an object with a method open, and is {}'],
  [{ open: 1 }, {}, 'must be an object with a method open'],
  [new Store(), null, "buffered()'s options must be an object, and is null"],
  ...[0, NaN, '5', Infinity].map((flushMs) => {
    const rule = 'flushMs must be a number of milliseconds from 1 to 2147483647, and is ';
    return [new Store(), { flushMs }, rule] as const;
  }),
  ...[0, 1.5, NaN, '5', 2 ** 23 + 1].map((maxSeries) => {
    const rule = 'maxSeries must be a whole number of series from 1 to 8388608, and is ';
    return [new Store(), { maxSeries }, rule] as const;
  }),
])('buffered(%o, %o) throws', (backend, options, message) => {
  expect(thrown(() => client.buffered(any(backend), any(options)))).toContain(message);
});
