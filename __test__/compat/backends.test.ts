/** Metrics in a backend of cells: what the backend is told, and what a scrape asks it. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import MapBackend from '../../examples/map-backend.mjs';
import type { Cell } from '../../ts/index';
import { until } from '../support/patience.mjs';
import { Recording } from '../support/recording';
import { samples } from '../support/samples';
import { any, memory, type Client } from '../support/subject';

let client: Client;
let warnings: string[];

beforeEach(async () => {
  client = await memory.load();
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => warnings.push(String(text)));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const text = () => client.register.metrics();
const shown = async () => Object.fromEntries(samples(await text()));

function recorded(): Recording {
  const backend = new Recording();
  client.configure({ backend });
  return backend;
}

describe('while open() opens a series', () => {
  /** A backend whose next `open` calls a function. */
  function calling(): { backend: Recording; during: (call: () => void) => void } {
    const backend = new Recording();
    let next: (() => void) | null = null;
    const open: Recording['open'] = (series) => {
      const call = next;
      next = null;
      call?.();
      return backend.open(series);
    };
    client.configure({ backend: { open } });
    return { backend, during: (call) => (next = call) };
  }

  test('an update of that series is counted', async () => {
    const { during } = calling();
    const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['a'] });
    const histogram = new client.Histogram({ name: 'h', help: 'h', labelNames: ['a'] });
    during(() => {
      counter.inc({ a: 'x' }, 10);
    });
    counter.inc({ a: 'x' });
    during(() => {
      histogram.observe({ a: 'x' }, 2);
    });
    histogram.observe({ a: 'x' }, 3);
    const plain = new client.Gauge({ name: 'g', help: 'h' });
    during(() => {
      plain.inc(5);
    });
    plain.reset();
    expect(await shown()).toMatchObject({ 'c{a="x"}': 11, 'h_sum{a="x"}': 5, g: 5 });
  });

  test('the series, or its metric, may be removed', async () => {
    const { backend, during } = calling();
    const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['a'] });
    during(() => {
      counter.remove({ a: 'x' });
    });
    counter.inc({ a: 'x' });
    expect(backend.take()).toEqual([
      ['open', expect.anything()],
      ['remove', 'c'],
    ]);
    counter.inc({ a: 'x' }, 2);
    expect(await shown()).toEqual({ 'c{a="x"}': 2 });
    backend.take();
    during(() => {
      client.register.clear();
    });
    counter.inc({ a: 'y' });
    counter.inc({ a: 'y' }, 3);
    // Both updates are made in the storage to which the metric has moved.
    const values = (await counter.get()).values.map(({ labels, value }) => [labels['a'], value]);
    expect(Object.fromEntries(values)).toEqual({ x: 2, y: 4 });
    expect(backend.take().map(([method]) => method)).toEqual(['remove', 'open', 'remove']);
  });
});

describe('a backend is told', () => {
  test('each series once, with all that a metric declares', async () => {
    const backend = recorded();
    const help = 'h';
    const counter = new client.Counter({ name: 'c', help, labelNames: ['a', 'b'] });
    counter.inc({ a: 1, b: 'x"\n' });
    counter.labels(1, 'x"\n').inc(2);
    new client.Gauge({ name: 'g', help, aggregator: 'max' }).set(1);
    const histogram = new client.Histogram({ name: 'h', help, buckets: [1, 2] });
    histogram.observe(1.5, 3);
    new client.Summary({ name: 's', help, percentiles: [0.5] }).observe(4);
    new client.Enum({ name: 'e', help, states: ['x', 'y'] }).state('y');
    new client.Info({ name: 'i', help }).info({ v: '1' });
    const registers = [new client.Registry({ name: 'other' })];
    new client.Counter({ name: 'c', help, registers }).inc();
    await text();
    const series = { help, labels: {} };
    expect(backend.take().filter(([method]) => method !== 'get')).toEqual([
      [
        'open',
        { ...series, name: 'c', type: 'counter', aggregator: 'sum', labels: { a: '1', b: 'x"\n' } },
      ],
      ['inc', 'c', 1],
      ['inc', 'c', 2],
      ['open', { ...series, name: 'g', type: 'gauge', aggregator: 'max' }],
      ['set', 'g', 1],
      ['open', { ...series, name: 'h', type: 'histogram', aggregator: 'sum', buckets: [1, 2] }],
      ['observe', 'h', 1.5, 3],
      ['open', { ...series, name: 's', type: 'summary', aggregator: 'sum', quantiles: [0.5] }],
      ['observe', 's', 4, 1],
      [
        'open',
        { ...series, name: 'e', type: 'stateset', aggregator: 'mostrecent', states: ['x', 'y'] },
      ],
      ['set', 'e', 2],
      ['open', { ...series, name: 'i_info', type: 'info', aggregator: 'max', labels: { v: '1' } }],
      ['set', 'i_info', 1],
      ['open', { ...series, name: 'c', type: 'counter', aggregator: 'sum', registry: 'other' }],
      ['inc', 'c', 1],
    ]);
    expect(warnings).toEqual([]);
  });

  test('nothing of a registry that is not shared, nor of a metric without a registry', async () => {
    const backend = recorded();
    const unshared = new client.Registry({ shared: false });
    new client.Counter({ name: 'c', help: 'h', registers: [unshared] }).inc();
    const later = new client.Histogram({ name: 'l', help: 'h', buckets: [1], registers: [] });
    const gauge = new client.Gauge({ name: 'g', help: 'h', registers: [] });
    later.observe(0.5);
    gauge.set(4);
    expect(backend.take()).toEqual([]);
    expect(await unshared.metrics()).toContain('\nc 1\n');
    // What they counted before they were registered is shown.
    for (const metric of [later, gauge]) client.register.registerMetric(any(metric));
    later.observe(3);
    expect(await shown()).toEqual({
      'l_bucket{le="1"}': 1,
      'l_bucket{le="+Inf"}': 2,
      l_sum: 3.5,
      l_count: 2,
      g: 4,
    });
  });

  test('that a series is gone: after remove(), reset(), clear() and ttlSeconds', async () => {
    const backend = recorded();
    const options = { help: 'h', labelNames: ['a'] };
    const counter = new client.Counter({ name: 'c', ...options });
    counter.inc({ a: 'x' });
    counter.inc({ a: 'y' });
    counter.remove('x');
    counter.reset();
    expect(backend.take().slice(-2)).toEqual([
      ['remove', 'c'],
      ['remove', 'c'],
    ]);
    expect(await shown()).toEqual({});
    const short = new client.Counter({ name: 't', ...options, ttlSeconds: 0.1 });
    short.inc({ a: 'x' });
    await until(
      () => backend.calls.some(([method, name]) => method === 'remove' && name === 't'),
      'the series did not expire',
    );
    expect(await shown()).toEqual({});
    counter.inc({ a: 'x' }, 7);
    client.register.clear();
    expect(backend.take().at(-1)).toEqual(['remove', 'c']);
    // The metric goes on in memory, as it does when it leaves the heap.
    expect((await counter.get()).values).toMatchObject([{ value: 7 }]);
  });

  test('of the first of two metrics that it could not tell apart; the other stays in memory', async () => {
    const backend = recorded();
    const other = new client.Registry();
    const make = (registers: (typeof other)[]) =>
      new client.Counter({ name: 'c', help: 'h', registers });
    make([client.register]).inc();
    make([other]).inc(5);
    expect(backend.take().filter(([method]) => method === 'inc')).toEqual([['inc', 'c', 1]]);
    expect([await text(), await other.metrics()].join()).toMatch(/\nc 1\n[^]*\nc 5\n/);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /^two registries that a backend cannot tell apart have a metric c: /,
    );
    // When the first metric is gone, another one has its place.
    client.register.clear();
    make([client.register]).inc(2);
    expect(backend.take().at(-1)).toEqual(['inc', 'c', 2]);
  });
});

describe('a scrape', () => {
  test('reads all metrics in one round trip, after all callbacks, as text and as JSON', async () => {
    const backend = new MapBackend();
    const cells = new Map<Cell, () => readonly number[]>();
    let trips = 0;
    client.configure({
      backend: {
        open: (series) => {
          const cell = backend.open(series) as Cell;
          cells.set(cell, cell.get.bind(cell) as () => number[]);
          return Object.assign(cell, {
            get: () => {
              throw new Error('one by one');
            },
          });
        },
        collect: async () => {
          trips++;
          await new Promise((resolve) => setTimeout(resolve, 1));
          return new Map(Array.from(cells, ([cell, read]) => [cell, read()]));
        },
      },
    });
    for (let i = 0; i < 10; i++) {
      const gauge: InstanceType<Client['Gauge']> = new client.Gauge({
        name: `g${i}`,
        help: 'h',
        collect: async () => {
          for (let turn = 0; turn < i; turn++)
            await new Promise((resolve) => setImmediate(resolve));
          gauge.set(i + trips);
        },
      });
    }
    const first = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`g${i}`, i]));
    expect([await shown(), trips]).toEqual([first, 1]);
    const all = await client.register.getMetricsAsJSON();
    expect([all.map(({ values }) => values[0]!.value), trips]).toEqual([
      Array.from({ length: 10 }, (_, i) => i + 1),
      2,
    ]);
  });

  test('shows quantiles if the backend has them, and NaN for a series that has none', async () => {
    const of: Record<string, readonly number[]> = { x: [6, 3, 2, 2.5], y: [1, 1] };
    const nothing = (): void => undefined;
    client.configure({
      backend: {
        open: ({ labels }) => ({
          ...{ inc: nothing, set: nothing, observe: nothing, remove: nothing },
          get: () => of[labels['a']!]!,
        }),
      },
    });
    const options = { name: 's', help: 'h', labelNames: ['a'], percentiles: [0.5, 0.9] };
    const summary = new client.Summary(options);
    summary.observe({ a: 'x' }, 1);
    summary.observe({ a: 'y' }, 1);
    expect(await shown()).toEqual({
      's{quantile="0.5",a="x"}': 2,
      's{quantile="0.9",a="x"}': 2.5,
      's_sum{a="x"}': 6,
      's_count{a="x"}': 3,
      's{quantile="0.5",a="y"}': NaN,
      's{quantile="0.9",a="y"}': NaN,
      's_sum{a="y"}': 1,
      's_count{a="y"}': 1,
    });
    of['x'] = [6, 3];
    expect((await text()).match(/quantile/g)).toBe(null);
  });
});

test('limits on series hold, and refused series count in another with overflow', async () => {
  const backend = new MapBackend();
  client.configure({ backend, maxSeriesPerMetric: 3 });
  const options = { name: 'c', help: 'h', labelNames: ['a'], overflow: 'other' as const };
  const counter = new client.Counter(options);
  for (let a = 0; a < 10; a++) counter.inc({ a });
  expect(await shown()).toEqual({ 'c{a="other"}': 8, 'c{a="0"}': 1, 'c{a="1"}': 1 });
  expect(backend.map.size).toBe(3);
  expect(warnings[0]).toContain('a metric in the backend MapBackend has as many series as');
});
