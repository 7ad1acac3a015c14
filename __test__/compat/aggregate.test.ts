/** `aggregate()`, which programs call with JSON that they sent over their own IPC. */

import { describe, expect, test } from 'vitest';

import { any, memory, sameAsPromClient, subjects, thrown, type Client } from '../support/subject';

type Json = Awaited<ReturnType<Client['register']['getMetricsAsJSON']>>;

/** Returns the JSON of a registry as another process receives it over IPC. */
async function sent(client: Client, fill: (register: never) => void): Promise<Json> {
  const registry = new client.Registry();
  fill(registry as never);
  return JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())) as Json;
}

/** Returns the JSON of two processes, each with a metric of each type. */
function two(client: Client): Promise<Json[]> {
  return Promise.all(
    [1, 2].map((n) =>
      sent(client, (register) => {
        const registers = [register];
        const c = new client.Counter({ name: 'c', help: 'h', labelNames: ['a', 'b'], registers });
        c.inc({ a: 'x', b: 1 }, n);
        c.inc({ a: 'y' }, n * 10);
        if (n === 2) c.inc({ b: 1, a: 'x' }, 5);
        for (const aggregator of ['sum', 'first', 'omit', 'average', 'min', 'max'] as const) {
          const config = { name: `g_${aggregator}`, help: aggregator, aggregator, registers };
          new client.Gauge(config).set(n * 1.5);
          new client.Gauge({ ...config, name: `l_${aggregator}`, labelNames: ['p'] }).set(
            { p: n },
            n,
          );
        }
        const h = new client.Histogram({
          name: 'h',
          help: 'h',
          labelNames: ['a'],
          buckets: [1, 2],
          registers,
        });
        h.observe({ a: 'x' }, n);
        h.observe({ a: `only${n}` }, 9);
        new client.Summary({ name: 's', help: 'h', percentiles: [], registers }).observe(n);
      }),
    ),
  );
}

sameAsPromClient({
  'joins two processes': async (client) => {
    const registry = client.AggregatorRegistry.aggregate(await two(client));
    return [
      registry instanceof client.Registry,
      registry.contentType,
      await registry.metrics(),
      await registry.getMetricsAsJSON(),
      registry.getMetricsAsArray().map((metric) => Object.keys(metric)),
    ];
  },
  'joins one process': async (client) => {
    const [one] = await two(client);
    return client.AggregatorRegistry.aggregate([one!]).metrics();
  },
  'joins no processes, and processes without metrics': async (client) => [
    await client.AggregatorRegistry.aggregate([]).metrics(),
    await client.AggregatorRegistry.aggregate([[], []]).metrics(),
  ],
  'takes name, help and type from the first process': (client) => {
    const metric = { name: 'm', help: 'one', type: 'gauge', aggregator: 'sum' };
    const parts = [
      [{ ...metric, values: [{ value: 1, labels: {} }] }],
      [
        {
          ...metric,
          help: 'two',
          type: 'counter',
          aggregator: 'max',
          values: [{ value: 5, labels: {} }],
        },
      ],
    ];
    return client.AggregatorRegistry.aggregate(parts).metrics();
  },
  'the joined registry takes default labels and further metrics': async (client) => {
    const registry = client.AggregatorRegistry.aggregate(await two(client));
    registry.setDefaultLabels({ a: 'default', app: 'x' });
    new client.Counter({ name: 'further', help: 'h', registers: [registry] }).inc(3);
    registry.removeSingleMetric('h');
    const text = await registry.metrics();
    return [
      text,
      await registry.getSingleMetricAsString('c'),
      (registry.getSingleMetric('c') as { name?: string } | undefined)?.name,
    ];
  },
  'throws for unknown aggregators, formats and registries': (client) => {
    const { AggregatorRegistry } = client;
    const metric = { name: 'm', help: 'h', type: 'gauge', values: [{ value: 1, labels: {} }] };
    return [
      thrown(() => AggregatorRegistry.aggregate([[{ ...metric, aggregator: 'median' }]])),
      thrown(() => AggregatorRegistry.aggregate([], any('text/html'))),
      thrown(() => {
        AggregatorRegistry.setRegistries(any({}));
      }),
      thrown(() => {
        AggregatorRegistry.setRegistries(any([client.register, 'x']));
      }),
      thrown(() => {
        AggregatorRegistry.setRegistries(any(undefined));
      }),
      thrown(() => {
        AggregatorRegistry.setRegistries([client.register, new client.Registry()]);
      }),
      thrown(() => {
        AggregatorRegistry.setRegistries(client.register);
      }),
      thrown(() => new AggregatorRegistry(any('text/html'))),
    ];
  },
  'an AggregatorRegistry is a registry': async (client) => {
    const registry = new client.AggregatorRegistry();
    new client.Counter({ name: 'own', help: 'h', registers: [registry] }).inc();
    return [
      registry instanceof client.Registry,
      registry.contentType,
      await registry.metrics(),
      await client.register.metrics(),
    ];
  },
});

const part = (value: unknown, labels: object = {}) => ({ value, labels });

sameAsPromClient(
  Object.fromEntries(
    (['sum', 'first', 'omit', 'average', 'min', 'max'] as const).flatMap((name) => [
      [
        `aggregators.${name} joins values`,
        ({ aggregators }: Client) => {
          const metric = { name: 'm', help: 'h', type: 'gauge' as const, aggregator: name };
          const parts = [
            { ...metric, values: [part(4, { a: 1 }), part(2, { b: 'x', a: 1 }), part(-3)] },
            { ...metric, values: [part(1, { a: 1, b: 'x' }), part(8, { a: '1' })] },
          ];
          const joined = aggregators[name](any(parts)) ?? 'nothing';
          return [joined, aggregators[name]([]) ?? 'nothing', typeof aggregators.sum(any(parts))];
        },
      ],
      [
        `aggregators.${name} keeps rows with different metric names apart`,
        ({ aggregators }: Client) => {
          const metric = { name: 'm', help: 'h', type: 'counter' as const, aggregator: name };
          const values = [
            { ...part(1), metricName: 'm_a' },
            { ...part(2), metricName: 'm_b' },
            { ...part(4), metricName: 'm_a' },
          ];
          const joined = aggregators[name](any([{ ...metric, values }])) ?? 'nothing';
          return [joined, typeof aggregators.sum(any([{ ...metric, values }]))];
        },
      ],
    ]),
  ),
);

describe.each(subjects)('differs on purpose from prom-client: $name', ({ load }) => {
  const metric = { name: 'm', help: 'h', aggregator: 'sum' };
  const text = async (parts: object[][]): Promise<string[]> => {
    const { Registry } = await load();
    return (await Registry.aggregate(parts).metrics()).trim().split('\n').slice(2);
  };

  // A reader of null cannot know which of the three numbers it was.
  test.each([NaN, Infinity, -Infinity])(
    '%s becomes null in JSON, and is then printed as NaN, not as 0',
    async (given) => {
      const client = await load();
      const parts = await Promise.all(
        [given, 1].map((value) =>
          sent(client, (register) => {
            const registers = [register];
            new client.Gauge({ name: 'sum', help: 'h', registers }).set(value);
            new client.Gauge({ name: 'max', help: 'h', aggregator: 'max', registers }).set(value);
          }),
        ),
      );
      const printed = await client.AggregatorRegistry.aggregate(parts).metrics();
      expect(printed).toContain('\nsum Nan\n');
      expect(printed).toContain('\nmax Nan\n');
    },
  );

  test('two label sets that have the same key in prom-client stay two series', async () => {
    const values = [part(1, { a: '1,b:2' }), part(2, { a: '1', b: '2' })];
    expect(await text([[{ ...metric, type: 'gauge', values }]])).toEqual([
      'm{a="1,b:2"} 1',
      'm{a="1",b="2"} 2',
    ]);
  });

  test('sum, count and buckets are added, whatever the aggregator', async () => {
    const client = await load();
    for (const aggregator of ['average', 'min', 'max'] as const) {
      const parts = await Promise.all(
        [1, 5].map((n) =>
          sent(client, (register) => {
            const config = { help: 'h', aggregator, registers: [register] };
            const h = new client.Histogram({ ...config, name: 'h', buckets: [2] });
            const s = new client.Summary({ ...config, name: 's', percentiles: [] });
            for (let i = 0; i < n; i++) {
              h.observe(1);
              s.observe(1);
            }
          }),
        ),
      );
      const lines = (await client.AggregatorRegistry.aggregate(parts).metrics()).split('\n');
      expect(lines.filter((line) => /^[hs]_/.test(line))).toEqual([
        'h_bucket{le="2"} 6',
        'h_bucket{le="+Inf"} 6',
        'h_sum 6',
        'h_count 6',
        's_sum 6',
        's_count 6',
      ]);
    }
  });

  test('histograms with different buckets: a joined series keeps the buckets that all of its processes have', async () => {
    const client = await load();
    const parts = await Promise.all(
      [
        [1, 2, 3],
        [2, 3, Infinity],
      ].map((buckets, i) =>
        sent(client, (register) => {
          const registers = [register];
          const h = new client.Histogram({
            name: 'h',
            help: 'h',
            labelNames: ['a'],
            buckets,
            registers,
          });
          h.observe({ a: 'both' }, 0.5);
          h.observe({ a: `only${i}` }, 2.5);
        }),
      ),
    );
    const lines = (await client.Registry.aggregate(parts).metrics()).split('\n');
    expect(lines.filter((line) => line.startsWith('h_bucket'))).toEqual([
      'h_bucket{le="2",a="both"} 2',
      'h_bucket{le="3",a="both"} 2',
      'h_bucket{le="+Inf",a="both"} 2',
      'h_bucket{le="1",a="only0"} 0',
      'h_bucket{le="2",a="only0"} 0',
      'h_bucket{le="3",a="only0"} 1',
      'h_bucket{le="+Inf",a="only0"} 1',
      'h_bucket{le="2",a="only1"} 0',
      'h_bucket{le="3",a="only1"} 1',
      'h_bucket{le="Infinity",a="only1"} 1',
      'h_bucket{le="+Inf",a="only1"} 1',
    ]);
  });

  test('the latest exemplar of a row is kept', async () => {
    const exemplar = (timestamp: number) => ({
      labelSet: { id: `${timestamp}` },
      value: 1,
      timestamp,
    });
    const row = { ...part(1, { le: 1 }), metricName: 'm_bucket' };
    const { Registry } = await load();
    const parts = [5, 9, 7].map((time) => [
      { ...metric, type: 'histogram', values: [{ ...row, exemplar: exemplar(time) }] },
    ]);
    parts.push([{ ...metric, type: 'histogram', values: [{ ...row, exemplar: any(null) }] }]);
    const [joined] = await Registry.aggregate(parts).getMetricsAsJSON();
    expect(joined!.values[0]!.exemplar).toEqual(exemplar(9));
  });

  test('a metric without aggregator is added up', async () => {
    const one = { name: 'm', help: 'h', type: 'gauge', values: [part(2)] };
    expect(await text([[one], [one]])).toEqual(['m 4']);
  });

  test('a metric without `values` adds no samples', async () => {
    expect(
      await text([
        [{ ...metric, type: 'gauge' }],
        [{ ...metric, type: 'gauge', values: [part(1)] }],
      ]),
    ).toEqual(['m 1']);
  });
});

describe('joined quantiles', () => {
  const rows = (count: number, quantiles: Record<number, number | null>) => [
    ...Object.entries(quantiles).map(([quantile, value]) =>
      part(value, { quantile: Number(quantile) }),
    ),
    { ...part(1), metricName: 's_sum' },
    { ...part(count), metricName: 's_count' },
  ];
  const joined = async (...parts: ReturnType<typeof rows>[]): Promise<(number | string)[]> => {
    const { Registry } = await memory.load();
    const metrics = parts.map((values) => [
      { name: 's', help: 'h', type: 'summary', aggregator: 'sum', values },
    ]);
    const [summary] = await Registry.aggregate(metrics).getMetricsAsJSON();
    return summary!.values.filter(({ metricName }) => !metricName).map(({ value }) => value);
  };

  test('that are equal are kept, not added', async () => {
    const one = rows(10, { 0.5: 1, 0.9: 3, 0.99: 7 });
    expect(await joined(one, one, one)).toEqual([1, 3, 7]);
  });

  test('of one process are kept, but none is less than a lower quantile', async () => {
    expect(await joined(rows(10, { 0.5: 4, 0.9: 3 }))).toEqual([4, 4]);
    expect(await joined(rows(1, { 0.1: 5, 0.5: 2, 0.9: 9 }))).toEqual([5, 5, 9]);
  });

  test('are weighted by the counts', async () => {
    const [low, high] = [
      { 0.5: 1, 0.9: 1, 0.99: 1 },
      { 0.5: 100, 0.9: 100, 0.99: 100 },
    ];
    expect(await joined(rows(1000, low), rows(1, high))).toEqual([1, 1, 1]);
    expect(await joined(rows(1, low), rows(1000, high))).toEqual([100, 100, 100]);
    expect(await joined(rows(900, low), rows(100, high))).toEqual([1, 1, 100]);
  });

  test('of a process that has observed nothing do not count', async () => {
    expect(await joined(rows(0, { 0.5: 0 }), rows(3, { 0.5: 4 }))).toEqual([4]);
    expect(await joined(rows(0, { 0.5: 0 }), rows(0, { 0.5: 0 }))).toEqual([0]);
    expect(await joined(rows(5, { 0.5: null }), rows(3, { 0.5: 4 }))).toEqual([4]);
  });

  test('are near the quantiles of all observations, even if the processes observe different values', async () => {
    const ranks = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999];
    const exact = (values: number[], rank: number): number =>
      values[Math.min(values.length - 1, Math.floor(rank * values.length))]!;
    const observed = [1, 1.5, 4].map((scale, p) =>
      Array.from(
        { length: 4000 * (p + 1) },
        (_, i) => scale * (1 + ((i * 7919) % 1000) / 500),
      ).sort((a, b) => a - b),
    );
    const all = observed.flat().sort((a, b) => a - b);
    const found = await joined(
      ...observed.map((values) =>
        rows(values.length, Object.fromEntries(ranks.map((rank) => [rank, exact(values, rank)]))),
      ),
    );
    ranks.forEach((rank, i) => {
      const wanted = exact(all, rank);
      expect(Math.abs((found[i] as number) - wanted) / wanted, `rank ${rank}`).toBeLessThan(0.12);
    });
  });
});
