/** Options that constructors accept and refuse, and the properties of the metric that they set. */

import { inspect } from 'node:util';

import { expect, test } from 'vitest';

import {
  any,
  sameAsPromClient,
  subjects,
  thrown,
  type Client,
  type Program,
} from '../support/subject';

const TYPES = ['Counter', 'Gauge', 'Histogram', 'Summary'] as const;
type Type = (typeof TYPES)[number];

const make = (client: Client, type: Type, config: unknown) =>
  new (client[type] as new (config: never) => object)(any(config));

const REFUSED: readonly unknown[] = [
  undefined,
  null,
  'name',
  {},
  { name: 'm' },
  { help: 'h' },
  { name: '', help: 'h' },
  { name: 'm', help: '' },
  { name: '9m', help: 'h' },
  { name: 'a-b', help: 'h' },
  { name: 'ü', help: 'h' },
  { name: 'm', help: 'h', labelNames: ['a', 'b-c'] },
  { name: 'm', help: 'h', labelNames: [''] },
  { name: 'm', help: 'h', labelNames: ['9'] },
  { name: 'm', help: 'h', collect: 'x' },
  { name: 'm', help: 'h', enableExemplars: true },
  { name: 'taken', help: 'h' },
];

const refusals: Record<string, Program> = {};
for (const type of TYPES) {
  for (const config of REFUSED) {
    refusals[`new ${type}(${inspect(config)})`] = async (client) => {
      client.register.registerMetric({
        name: 'taken',
        get: () => ({ name: 'taken', help: 'h', type: 'gauge' }),
      });
      const error = thrown(() => make(client, type, config));
      return [error, await client.register.metrics()];
    };
  }
}

const ACCEPTED: Record<string, object> = {
  'required options only': {},
  'label names': { labelNames: ['a', 'B_9', '_x', '__y'] },
  'an aggregator': { aggregator: 'max' },
  'no registry': { registers: [] },
  'registers undefined': { registers: undefined },
  'unknown options': { scale: 'seconds', toString: 1 },
  'a collect': { collect() {} },
  'a colon in the name': { name: 'a:b_c:9' },
};

const accepted: Record<string, Program> = {};
for (const type of TYPES) {
  for (const [title, more] of Object.entries(ACCEPTED)) {
    accepted[`a ${type} with ${title}`] = async (client) => {
      const metric = make(client, type, {
        name: 'm',
        help: 'h',
        percentiles: [],
        ...more,
      }) as Record<string, unknown>;
      const keys = [
        'name',
        'help',
        'labelNames',
        'aggregator',
        'enableExemplars',
        'percentiles',
        'buckets',
        'upperBounds',
        'unit',
        'type',
        'compressCount',
      ];
      return [
        keys.map((key) =>
          (type === 'Counter' || type === 'Gauge') && key === 'type'
            ? ''
            : (metric[key] ?? String(metric[key])),
        ),
        (metric['registers'] as unknown[]).map((one) => one === client.register),
        typeof metric['collect'],
        await client.register
          .getSingleMetricAsString((more as { name?: string }).name ?? 'm')
          .catch((error: unknown) => (error as Error).constructor.name),
        client.register.getMetricsAsArray().length,
      ];
    };
  }
}

test.each(subjects)('a help that is no string is printed: $name', async ({ load }) => {
  const client = await load();
  make(client, 'Gauge', { name: 'm', help: 5 });
  expect(await client.register.metrics()).toBe('# HELP m 5\n# TYPE m gauge\nm 0\n');
});

sameAsPromClient({
  ...refusals,
  ...accepted,
  'the label name le in a histogram': async (client) => {
    const error = thrown(() => new client.Histogram({ name: 'm', help: 'h', labelNames: ['le'] }));
    return [error, client.register.getSingleMetric('m') !== undefined, await Promise.resolve(1)];
  },
  'the label name quantile in a summary': (client) => {
    const error = thrown(
      () => new client.Summary({ name: 'm', help: 'h', labelNames: ['quantile'] }),
    );
    return [error, client.register.getSingleMetric('m') !== undefined];
  },
  'the label names le and quantile in a counter': async (client) => {
    new client.Counter({ name: 'm', help: 'h', labelNames: ['le', 'quantile'] }).inc({ le: 1 });
    return client.register.metrics();
  },
});

const NAMES: readonly unknown[] = [
  'a',
  'A',
  '_',
  ':',
  'a:b',
  'a_b',
  'a9',
  '9a',
  '',
  ' ',
  'a b',
  'a-b',
  'a.b',
  'ä',
  'a\n',
  undefined,
  null,
  5,
  'constructor',
];

sameAsPromClient(
  Object.fromEntries(
    NAMES.map((name) => [
      `validateMetricName(${inspect(name)})`,
      ({ validateMetricName }: Client) => [validateMetricName(any(name))],
    ]),
  ),
);

const BUCKETS: readonly (readonly number[])[] = [
  [0, 5, 3],
  [1, 0.1, 4],
  [-2, 1, 3],
  [0, 0, 2],
  [1, 1, 1],
  [1, 1, 0],
  [1, 1, -1],
  [5, 2, 4],
  [0.1, 1.5, 3],
  [0, 2, 3],
  [1, 1.0001, 2],
  [-1, 2, 2],
];

sameAsPromClient(
  Object.fromEntries(
    (['linearBuckets', 'exponentialBuckets'] as const).flatMap((make) =>
      BUCKETS.map((args) => [
        `${make}(${args.join(', ')})`,
        (client: Client) => {
          let made: unknown;
          const error = thrown(() => (made = client[make](...(args as [number, number, number]))));
          return [error, made];
        },
      ]),
    ),
  ),
);
