import { any, sameAsPromClient, thrown, type Client } from '../support/subject';

const types = ({ Counter, Gauge, Histogram, Summary }: Client) =>
  [Counter, Gauge, Histogram, Summary] as const;

sameAsPromClient({
  'checks the properties of its configuration in the same order as prom-client': (client) => {
    const wrong: unknown[] = [
      undefined,
      null,
      'c',
      {},
      { help: '' },
      { help: 'h' },
      { help: 'h', name: '' },
      { name: 'n' },
      { help: 'h', name: 'a b' },
      { help: 'h', name: '0a', labelNames: ['a b'] },
      { help: 'h', name: 'a', labelNames: ['a b'] },
      { help: 'h', name: 'a', labelNames: ['ok', '1'], collect: 1 },
      { help: 'h', name: 'a', collect: 'x' },
    ];
    return types(client).map((Type) => wrong.map((config) => thrown(() => new Type(any(config)))));
  },
  'refuses exemplars in a registry that does not print OpenMetrics': (client) =>
    types(client).map((Type) =>
      thrown(() => new Type({ name: Type.name, help: 'h', enableExemplars: true })),
    ),
  'keeps its configuration': (client) => {
    const { Registry } = client;
    return types(client).map((Type) => {
      const registers = [new Registry()];
      const config = {
        name: 'n',
        help: 'h',
        labelNames: ['a'],
        aggregator: 'min' as const,
        registers,
      };
      const metric = new Type({ ...config, ...{ extra: 7 } });
      const { name, help, type, labelNames, aggregator } = metric;
      const extra = (metric as unknown as { extra: number }).extra;
      const others = new Type({ name: Type.name, help: 'h' });
      return [
        [name, help, type, labelNames, aggregator, extra, metric.registers === registers],
        [others.aggregator, others.labelNames, others.registers[0] === client.register],
      ];
    });
  },
  'is registered in the default registry if its configuration names none': async (client) => {
    new client.Counter(any({ name: 'c', help: 'h', registers: undefined, collect: undefined }));
    return client.register.metrics();
  },
  'has one series for label values of equal text, and accepts the label name __proto__': async (
    client,
  ) => {
    const [Counter] = types(client);
    const c = new Counter({ name: 'c', help: 'h', labelNames: ['x', 'constructor', '__proto__'] });
    c.inc(any({ x: 1 }));
    c.inc(any({ x: '1' }));
    const odd = Object.defineProperty({}, '__proto__', { value: 'p', enumerable: true });
    c.inc(any(odd));
    c.inc(any({ constructor: 'k' }));
    return client.register.metrics();
  },
  'calls its `collect` with the metric as `this`': async (client) => {
    const seen: boolean[] = [];
    const metrics = types(client).map(
      (Type) =>
        new Type({
          name: Type.name,
          help: 'h',
          collect(this: unknown) {
            seen.push(this instanceof Type);
          },
        }),
    );
    for (const metric of metrics) await metric.get();
    return seen;
  },
  'can be extended': async (client) => {
    class Twice extends client.Gauge {
      override set(value: never): void {
        super.set((value as number) * 2);
      }
      override collect = () => {
        this.set(21 as never);
      };
    }
    const twice = new Twice({ name: 'g', help: 'h' });
    return [await client.register.metrics(), twice instanceof client.Gauge];
  },
  'makes buckets': ({ linearBuckets, exponentialBuckets }) => [
    linearBuckets(0, 50, 10),
    linearBuckets(-1, 0.1, 7),
    exponentialBuckets(1, 5, 8),
    exponentialBuckets(0.1, 1.1, 30),
    thrown(() => linearBuckets(1, 1, 0)),
    thrown(() => linearBuckets(1, 2, 2.5)),
    thrown(() => exponentialBuckets(1, 2, 2.5)),
    linearBuckets(1, 2, any('3')),
    thrown(() => exponentialBuckets(0, 1, 0)),
    thrown(() => exponentialBuckets(1, 1, 0)),
    thrown(() => exponentialBuckets(1, 1, 1)),
  ],
  'validates names': ({ validateMetricName }) =>
    ['a', 'a:b_c9', ':', '', '9a', 'a-b', 'ä', undefined, null].map((name) =>
      validateMetricName(any(name)),
    ),
  aggregates: async (client) => {
    const json: unknown[] = [];
    for (const value of [1, 5, 3]) {
      client.register.clear();
      const labelNames = ['a', 'b'];
      const g = new client.Gauge({ name: 'g', help: 'h', labelNames, aggregator: 'max' });
      const h = new client.Histogram({ name: 'h', help: 'h', labelNames, buckets: [2, 4] });
      g.set({ a: 'x', b: 'y' }, value);
      g.set({ b: value }, value);
      h.observe({ a: 'x' }, value);
      json.push(await client.register.getMetricsAsJSON());
    }
    const { aggregators } = client;
    // This package has further aggregators.
    const names = ['sum', 'first', 'omit', 'average', 'min', 'max'] as const;
    const results = names.map((name) => [
      name,
      aggregators[name](json.map((one) => (one as never[])[0]!)),
    ]);
    // Only sum and first: prom-client applies other aggregators to each row of a histogram, this package does not.
    const histograms = json.map((one) => (one as never[])[1]!);
    const sums = [aggregators.sum(histograms), aggregators.first(histograms)];
    return [results, sums, aggregators.sum([]) ?? null];
  },
});
