/** Labels: which are accepted, and which series they identify. Also how labels, help texts and values are printed. */

import { inspect } from 'node:util';

import { any, sameAsPromClient, thrown, type Client, type Program } from '../support/subject';

const TYPES = ['Counter', 'Gauge', 'Histogram', 'Summary'] as const;
type Type = (typeof TYPES)[number];

interface Any {
  labels(...args: unknown[]): {
    inc(value: number): void;
    set(value: number): void;
    observe(value: number): void;
  };
  remove(...args: unknown[]): void;
  inc(labels: unknown): void;
  set(labels: unknown, value: number): void;
  observe(labels: unknown, value: number): void;
}

function make(client: Client, type: Type): Any {
  const config = { name: 'm', help: 'h', labelNames: ['a', 'b'], buckets: [1], percentiles: [] };
  return new (client[type] as unknown as new (config: never) => Any)(any(config));
}

const METHOD = { Counter: 'inc', Gauge: 'inc', Histogram: 'observe', Summary: 'observe' } as const;

/** Arguments of `labels()` and `remove()`. */
const ARGUMENTS: readonly (readonly unknown[])[] = [
  [],
  ['x'],
  ['x', 'y'],
  ['x', 'y', 'z'],
  [1, 2],
  ['', ''],
  [{ a: 'x', b: 'y' }],
  [{ b: 'y', a: 'x' }],
  [{ a: 'x' }],
  [{}],
  [{ a: 'x', z: 1 }],
];

const programs: Record<string, Program> = {};
for (const type of TYPES) {
  for (const args of ARGUMENTS) {
    const shown = args.map((one) => inspect(one)).join(', ');
    programs[`${type}.labels(${shown})`] = async (client) => {
      const metric = make(client, type);
      const errors = [1, 2].map((value) =>
        thrown(() => {
          metric.labels(...args)[METHOD[type]](value);
        }),
      );
      return [errors, await client.register.metrics(), await client.register.getMetricsAsJSON()];
    };
    programs[`${type}.remove(${shown})`] = async (client) => {
      const metric = make(client, type);
      for (const labels of [{ a: 'x', b: 'y' }, { a: 'x' }, { a: '1', b: 2 }, { a: '', b: '' }])
        metric.labels(labels)[METHOD[type]](3);
      const error = thrown(() => {
        metric.remove(...args);
      });
      return [error, await client.register.metrics()];
    };
  }
}

const VALUES: readonly unknown[] = [
  'plain',
  '',
  ' ',
  'a"b',
  'a\\b',
  'a\nb',
  '\\"\n',
  'ü💩',
  '\t\r\0',
  '{}',
  ',=',
  0,
  1,
  -1.5,
  1e21,
  NaN,
  Infinity,
  true,
  false,
  null,
];

for (const value of VALUES) {
  programs[`a label ${inspect(value)}`] = async (client) => {
    const g = new client.Gauge({ name: 'm', help: 'h', labelNames: ['a', 'b'] });
    g.set({ a: any(value), b: 'z' }, 1);
    const h = new client.Histogram({ name: 'h', help: 'h', labelNames: ['a'], buckets: [1] });
    h.observe({ a: any(value) }, 2);
    client.register.setDefaultLabels({ d: value });
    return [await client.register.metrics(), await g.get(), await h.get()];
  };
}

const HELPS = ['plain', 'a\\b', 'a\nb', 'a"b', 'ü💩', ' ', '\\n', '# HELP m'];
for (const help of HELPS) {
  programs[`help ${inspect(help)}`] = async (client) => {
    new client.Counter({ name: 'm', help });
    return [await client.register.metrics(), await client.register.getMetricsAsJSON()];
  };
}

const NUMBERS = [
  0,
  1,
  -1,
  0.1,
  1e-7,
  1e21,
  123456789012345680000,
  2 ** 53 + 2,
  5e-324,
  1.7976931348623157e308,
  NaN,
  Infinity,
  -Infinity,
];
for (const number of NUMBERS) {
  programs[`a value of ${inspect(number)}`] = async (client) => {
    new client.Gauge({ name: 'm', help: 'h' }).set(number);
    return [await client.register.metrics(), await client.register.getMetricsAsJSON()];
  };
}

sameAsPromClient(programs);
