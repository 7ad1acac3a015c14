/** A backend of cells that fails: no update throws, failures are counted, and a scrape says which series could not be read. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import MapBackend from '../../examples/map-backend.mjs';
import type { Cell } from '../../ts/index';
import { methodsOf, Recording } from '../support/recording';
import { samples } from '../support/samples';
import { any, memory, rejected, type Client } from '../support/subject';

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

const errors = async (): Promise<Record<string, number>> => {
  const all = Object.entries(await shown()).map(([name, value]) => {
    return [/^mpmetrics_backend_errors_total\{operation="(.*)"\}$/.exec(name)?.[1], value] as const;
  });
  const failed = all.filter(([operation, n]) => operation !== undefined && n > 0);
  return Object.fromEntries(failed) as Record<string, number>;
};

describe('a scrape', () => {
  test.each([
    ['get() that rejects', () => Promise.reject(new Error('no route')), 'no route'],
    [
      'get() that throws',
      () => {
        throw new Error('no cell');
      },
      'no cell',
    ],
    ['too few numbers', () => [1], 'get() must return an array of 4 numbers, and returned [ 1 ]'],
    ['texts', () => ['1', '2', '3', '4'], 'get() must return an array of 4 numbers'],
    ['nothing', () => undefined, 'get() must return an array of 4 numbers, and returned undefined'],
  ])('rejects if a cell has %s, and names the series', async (_, get, why) => {
    const backend = new MapBackend();
    let right = false;
    client.configure({
      backend: {
        open: (series) => {
          const cell = backend.open(series) as Cell;
          return { ...methodsOf(cell), get: () => (right ? cell.get() : any(get())) };
        },
      },
    });
    const options = { name: 'h', help: 'h', labelNames: ['a'], buckets: [1, 2] };
    new client.Histogram(options).observe({ a: 'x' }, 1);
    client.collectLibraryMetrics();
    const failure = await text().then(String, (error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_MPMETRICS_IO', cause: expect.any(Error) as Error });
    const message = `the backend Object could not be read for h{a="x"}: ${why}`;
    expect((failure as Error).message.startsWith(message)).toBe(true);
    expect(await rejected(client.register.getMetricsAsJSON())).toContain('h{a="x"}');
    expect(warnings).toHaveLength(1);
    right = true;
    const { read } = await errors();
    expect(read).toBeGreaterThanOrEqual(2);
  });
});

describe('a scrape', () => {
  test.each([
    ['nothing', undefined],
    ['an object', {}],
    ['a list', []],
  ])('rejects if collect() resolves with %s in place of a Map', async (_, collected) => {
    const cells = new MapBackend();
    const collect = () => Promise.resolve(any(collected));
    client.configure({ backend: { open: (series) => cells.open(series), collect } });
    new client.Counter({ name: 'c', help: 'h' }).inc();
    const message = 'collect() must resolve with a Map from cells to their numbers';
    expect(await rejected(client.register.metrics())).toContain(message);
    expect(await rejected(client.register.getMetricsAsJSON())).toContain(message);
    expect(warnings[0]).toContain("the backend's read failed for all series");
  });

  test('rejects if the backend could not be initialized, and the warning says so', async () => {
    class Unreachable extends MapBackend {
      static initialize(): Promise<void> {
        return Promise.reject(new Error('no route'));
      }
    }
    client.configure({ backend: Unreachable });
    new client.Counter({ name: 'c', help: 'h' }).inc();
    expect(await rejected(text())).toContain('no route');
    expect(warnings).toEqual([
      expect.stringMatching(
        /^the backend's open failed for all series, and scrapes are rejected: /,
      ),
    ]);
  });
});

describe('a backend that throws', () => {
  test.each(['inc', 'set', 'observe'] as const)(
    'in %s stops no update: the failure is counted, and warned about once',
    async (method) => {
      const backend = recorded();
      const counter = new client.Counter({ name: 'c', help: 'h' });
      const gauge = new client.Gauge({ name: 'g', help: 'h' });
      const histogram = new client.Histogram({ name: 'h', help: 'h', buckets: [1] });
      const summary = new client.Summary({ name: 's', help: 'h' });
      client.collectLibraryMetrics();
      const update = (): void => {
        counter.inc();
        gauge.set(1);
        histogram.observe(0.5);
        summary.observe(2);
      };
      backend.failing.set(method, new Error('a full disk'));
      update();
      update();
      backend.failing.clear();
      update();
      expect(await shown()).toMatchObject({
        c: method === 'inc' ? 1 : 3,
        g: 1,
        h_count: method === 'observe' ? 1 : 3,
        s_count: method === 'observe' ? 1 : 3,
      });
      // A scrape of the library's own metrics observes the duration of the scrape before.
      expect(await errors()).toEqual({ update: method === 'observe' ? 4 : 2 });
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/^the backend's update failed for [cghs], .*: a full disk\. /);
      // A metric that leaves the backend keeps what the backend has accepted.
      client.register.clear();
      expect((await counter.get()).values[0]!.value).toBe(method === 'inc' ? 1 : 3);
      const { values } = await histogram.get();
      const count = values.find(({ metricName }) => metricName === 'h_count');
      expect(count?.value).toBe(method === 'observe' ? 1 : 3);
    },
  );

  test('in a promise that it should not return', async () => {
    const cell = new MapBackend();
    const broken = () => Promise.reject(new Error('later'));
    client.configure({
      backend: {
        open: (series) => ({ ...methodsOf(cell.open(series)), inc: any(broken) }),
      },
    });
    new client.Counter({ name: 'c', help: 'h' }).inc();
    client.collectLibraryMetrics();
    await new Promise((resolve) => setImmediate(resolve));
    expect(await errors()).toEqual({ update: 1 });
    expect(warnings[0]).toContain("the backend's update failed for c, and");
  });

  test('in open refuses the series until it does not throw', async () => {
    const backend = recorded();
    const options = { name: 'c', help: 'h', labelNames: ['a'] };
    const counter = new client.Counter(options);
    client.collectLibraryMetrics();
    backend.failing.set('open', new Error('no such table'));
    const child = counter.labels('x');
    for (let i = 0; i < 3; i++) child.inc();
    counter.inc({ a: 'x' });
    backend.failing.clear();
    child.inc(5);
    expect(await shown()).toMatchObject({ 'c{a="x"}': 5 });
    expect(await errors()).toEqual({ open: 4 });
    const dropped = 'mpmetrics_dropped_updates_total{reason="layout"}';
    expect((await shown())[dropped]).toBe(4);
    expect(warnings[0]).toContain('open failed for c{a="x"}');
    expect(warnings).toHaveLength(1);
  });

  test('in remove removes the series anyway', async () => {
    const backend = recorded();
    const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['a'] });
    counter.inc({ a: 'x' });
    backend.failing.set('remove', new Error('no'));
    counter.remove('x');
    expect(await shown()).toEqual({});
    expect(warnings[0]).toContain("the backend's remove failed for c");
  });

  test.each(['inc', 'set', 'get', 'remove', 'observe'])(
    'or opens a cell without %s',
    async (method) => {
      const map = new MapBackend();
      client.configure({
        backend: {
          open: (series) => ({ ...methodsOf(map.open(series)), [method]: undefined }),
        },
      });
      new client.Histogram({ name: 'h', help: 'h' }).observe(1);
      expect(await shown()).toEqual({});
      expect(warnings[0]).toContain(
        `open() of the backend Object must return a cell, and what it returned for h lacks the method ${method}`,
      );
    },
  );
});
