/** prom-client's deep paths in the compiled package, with and without `.js`. */

import { createRequire } from 'node:module';

import { describe, expect, test, vi } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';

const require = createRequire(__filename);
const METRICS = [
  'eventLoopLag',
  'gc',
  'helpers/processMetricsHelpers',
  'helpers/safeMemoryUsage',
  'heapSizeAndUsed',
  'heapSpacesSizeAndUsed',
  'osMemoryHeap',
  'osMemoryHeapLinux',
  'processCpuTotal',
  'processHandles',
  'processMaxFileDescriptors',
  'processOpenFileDescriptors',
  'processRequests',
  'processResources',
  'processStartTime',
  'version',
].map((name) => `metrics/${name}`);
const PATHS = [
  'bucketGenerators',
  'cluster',
  'counter',
  'defaultMetrics',
  'gauge',
  'histogram',
  'metric',
  'metricAggregators',
  'pushgateway',
  'registry',
  'summary',
  'util',
  'validation',
  ...METRICS,
];

/** A deep path's module, as the `exports` of package.json find it. */
function lib(path: string): unknown {
  return require(`../../dist/lib/${path === 'util' ? 'label-hashes' : path}`);
}

type Found = Record<string, unknown> & { name?: string; metricNames?: string[] };
const ours = require('../../dist/index.js') as Found;
const theirs = require('prom-client') as Found;

/** Returns the name under which the package exports a deep path's module, as 'Counter', or else the module's keys. */
const known = (root: Found, found: Found): unknown =>
  Object.keys(root).find((name) => root[name] === found) ?? Object.keys(found).sort();

describe.each(PATHS)('lib/%s', (path) => {
  test('exports the same as in prom-client', () => {
    const [own, other] = [lib(path) as Found, require(`prom-client/lib/${path}`) as Found];
    expect(typeof own).toBe(typeof other);
    expect(known(ours, own)).toEqual(known(theirs, other));
    expect(own.metricNames).toEqual(other.metricNames);
  });
});

test('an application that requires deep paths gets those of this package', async () => {
  const app = new Application({
    'main.js': source('compat/deep-paths/main.cjs'),
  });
  const told = JSON.parse(
    await app.run('main.js', { args: [JSON.stringify(PATHS)] }).line(),
  ) as unknown[];
  app.remove();
  expect(told).toEqual([PATHS.map(() => true), [true, true], 2, true, true, true]);
});

const EMPTY = { name: 'm', help: 'h', type: 'gauge', aggregator: 'x' };

const VALUES: readonly [string, (lib: (path: string) => never) => unknown][] = [
  ['hashObject', (lib) => hashes((lib('util') as Util).hashObject)],
  [
    'getValueAsString',
    (lib) => [NaN, 1, -Infinity, Infinity, 1e21].map((lib('util') as Util).getValueAsString),
  ],
  [
    'getLabels',
    (lib) => [
      (lib('util') as Util).getLabels(['a', 'b'], [1, 2]),
      (lib('util') as Util).getLabels([], [{ x: 1 }]),
    ],
  ],
  ['isObject', (lib) => [null, {}, 'x', []].map((value) => (lib('util') as Util).isObject(value))],
  [
    'setValue, setValueDelta and removeLabels',
    (lib) => {
      const { setValue, setValueDelta, removeLabels } = lib('util') as Util;
      const values = setValue({}, 3, { a: 1 });
      setValue(values, 'x', { a: 2 });
      setValueDelta(values, 2, { a: 1 }, 'a:1,');
      setValueDelta(values, 5, { a: 3 }, 'a:3,');
      removeLabels(values, { a: 2 });
      return values;
    },
  ],
  [
    'Grouper',
    (lib) => {
      const grouper = new (lib('util') as Util).Grouper();
      grouper.add('a', 1);
      grouper.add('a', 2);
      return [...grouper];
    },
  ],
  [
    'validateLabelName',
    (lib) =>
      [['a'], ['a', '9'], undefined].map((names) =>
        (lib('validation') as Util).validateLabelName(names),
      ),
  ],
  [
    'AggregatorFactory, if its function reads timestamps and labels',
    (lib) =>
      (lib('metricAggregators') as Util).AggregatorFactory((rows) => {
        const newest = rows.map(({ timestamp }) => timestamp ?? 0);
        return newest.indexOf(Math.max(...newest)) * 100 + Number(rows[0]!.labels['a']);
      })(
        ['gauge', 'summary'].flatMap((type) => [
          { ...EMPTY, type, values: [{ value: 1, labels: { a: 4, quantile: 1 }, timestamp: 5 }] },
          { ...EMPTY, type, values: [{ value: 2, labels: { a: 4, quantile: 1 }, timestamp: 7 }] },
        ]),
      ),
  ],
  [
    'AggregatorFactory, if its function reads the names of samples',
    (lib) =>
      (lib('metricAggregators') as Util).AggregatorFactory((rows) => rows[0]!.metricName!.length)([
        { ...EMPTY, values: [{ value: 1, labels: {}, metricName: 'm_count' }] },
      ]),
  ],
  [
    'aggregateByObjectName and updateMetrics',
    (lib) => {
      const { aggregateByObjectName, updateMetrics } = lib(
        'metrics/helpers/processMetricsHelpers',
      ) as Util;
      const data = aggregateByObjectName([[], [], new Map(), null, 'x', Object.create(null)]);
      const calls: unknown[] = [];
      const gauge = {
        reset: () => calls.push('reset'),
        set: (...args: unknown[]) => calls.push(args),
      };
      updateMetrics(gauge, data, { a: 1 });
      updateMetrics(gauge, { b: 2 });
      return [data, calls];
    },
  ],
  [
    'safeMemoryUsage',
    (lib) => {
      const memoryUsage = vi.spyOn(process, 'memoryUsage').mockImplementation(() => {
        throw new Error('not here');
      });
      const found = [(lib('metrics/helpers/safeMemoryUsage') as () => unknown)()];
      memoryUsage.mockRestore();
      return [found, Object.keys((lib('metrics/helpers/safeMemoryUsage') as () => object)())];
    },
  ],
  [
    'AggregatorFactory',
    (lib) =>
      (lib('metricAggregators') as Util).AggregatorFactory((rows) => rows.length)([
        {
          name: 'm',
          help: 'h',
          type: 'gauge',
          aggregator: 'x',
          values: [
            { value: 1, labels: {} },
            { value: 3, labels: {} },
          ],
        },
      ]),
  ],
];

interface Row {
  labels: Record<string, unknown>;
  timestamp?: number;
  metricName?: string;
}

interface Base {
  Metric: new (config: object, defaults?: object) => { name: string; percentiles?: number[] };
}

/** What the default registry prints of a metric whose class belongs to the application, and extends lib/metric. */
async function shown(client: Found, { Metric }: Base): Promise<unknown> {
  class Own extends Metric {
    type = 'gauge';
    values: object[] | undefined;
    resets = ((this as { resets?: number }).resets ?? 0) + 1;
    reset(): void {
      this.values = [{ value: 4, labels: { a: 1 } }];
    }
    get(): object {
      const { name, type, values } = this;
      return {
        name,
        help: 'h',
        type,
        values: values ?? [{ value: 5, labels: {} }],
        aggregator: 'sum',
      };
    }
  }
  const own = new Own({ name: 'own', help: 'h', labelNames: ['a'] }, { percentiles: [1] });
  const registry = client['register'] as {
    metrics(): Promise<string>;
    getMetricsAsJSON(): Promise<object[]>;
    clear(): void;
  };
  const texts = [await registry.metrics()];
  own.reset();
  texts.push(await registry.metrics());
  const json = await registry.getMetricsAsJSON();
  registry.clear();
  const { name, percentiles } = own;
  return [name, percentiles, own instanceof Metric, texts, json];
}

test('a metric whose class extends lib/metric is printed as its get() returns it', async () => {
  const base = (found: unknown) => found as Base;
  const expected = await shown(theirs, base(require('prom-client/lib/metric')));
  expect(await shown(ours, base(lib('metric')))).toEqual(expected);
});

interface Util {
  hashObject: (labels: object, names?: string[]) => string;
  getValueAsString: (value: unknown) => string;
  getLabels: (names: string[], args: unknown[]) => object;
  isObject: (value: unknown) => boolean;
  setValue: (values: object, value: unknown, labels: object) => object;
  setValueDelta: (values: object, value: unknown, labels: object, hash: string) => object;
  removeLabels: (values: object, labels: object) => void;
  Grouper: new () => Map<string, number[]> & { add(key: string, value: number): void };
  validateLabelName: (names?: string[]) => boolean;
  AggregatorFactory: (combine: (rows: Row[]) => number) => (metrics: object[]) => object;
  aggregateByObjectName: (list: unknown[]) => Record<string, number>;
  updateMetrics: (gauge: object, data: object, labels?: object) => void;
}

function hashes(hashObject: Util['hashObject']): string[] {
  const sets = [{}, { b: 1, a: 'x' }, { a: 'x', b: 1 }, { a: undefined, b: null }, { a: '1,b:2' }];
  return [...sets.map((labels) => hashObject(labels)), hashObject({ a: 1, b: 2 }, ['b', 'a'])];
}

test.each(VALUES)('%s returns the same as in prom-client', (_, program) => {
  const own = program((path) => lib(path) as never);
  expect(own).toEqual(program((path) => require(`prom-client/lib/${path}`) as never));
});
