import { describe, expect, test, vi } from 'vitest';

import {
  any,
  heap,
  rejected,
  sameAsPromClient,
  subjects,
  thrown,
  type Client,
} from '../support/subject';

/** Makes metrics of prom-client's four types, with values that prom-client prints as valid OpenMetrics text. */
function populate(client: Client): void {
  const c = new client.Counter({
    name: 'a_total',
    help: 'back\\slash\nline',
    labelNames: ['m', 'k'],
  });
  c.inc({ m: 'GET', k: 'x"y\\z\nw\0' }, 5);
  c.inc({ k: 'ü\u2028💩' }, 1e21);
  c.inc(1.3);
  new client.Counter({ name: 'plain', help: 'no suffix' }).inc();
  new client.Counter({ name: 'none_total', help: 'no series', labelNames: ['m'] });
  const g = new client.Gauge({ name: 'g_total', help: 'a gauge', labelNames: ['m'] });
  [NaN, Infinity, -Infinity, -0, 1e-7, -1.5].forEach((value, i) => {
    g.set({ m: i }, value);
  });
  const h = new client.Histogram({ name: 'h', help: 'h', labelNames: ['m'], buckets: [0.1, 1, 5] });
  for (const value of [0.05, 0.5, 4, 40]) h.observe({ m: 'x' }, value);
  h.zero({ m: 'zero' });
  const s = new client.Summary({ name: 's', help: 's', labelNames: ['m'], percentiles: [] });
  s.observe({ m: 'x' }, 2);
}

sameAsPromClient({
  'prints OpenMetrics': async (client) => {
    const { register, openMetricsContentType } = client;
    register.setContentType(openMetricsContentType);
    populate(client);
    return [register.contentType, client.contentType, await register.metrics()];
  },
  'prints default labels, and objects that have a `get()` like a metric': async (client) => {
    client.register.setContentType(client.openMetricsContentType);
    populate(client);
    const duck = {
      name: 'duck_total',
      help: 'h',
      type: 'counter',
      values: [
        {
          value: 2,
          labels: { a: 'x"' },
          exemplar: { labelSet: { t: '"' }, value: 1, timestamp: 2.5 },
        },
        { value: 3 },
      ],
    };
    // prom-client removes `_total` from a counter's name before it calls `get()`, so `get()` returns the shorter name.
    client.register.registerMetric(any({ ...duck, get: () => ({ ...duck, name: 'duck' }) }));
    client.register.setDefaultLabels({ app: 'web', m: 'default', a: 'other' });
    return client.register.metrics();
  },
  'has registries of both Content-Types, and merges registries of the same one': async (client) => {
    const { Registry, Counter } = client;
    const open = () => new Registry(any(Registry.OPENMETRICS_CONTENT_TYPE));
    const [one, two, plain] = [open(), open(), new Registry()];
    new Counter({ name: 'one_total', help: 'h', registers: [one] }).inc();
    new Counter({ name: 'two_total', help: 'h', registers: [two] }).inc(2);
    const merged = Registry.merge([one, two]);
    return [
      merged.contentType,
      await merged.metrics(),
      thrown(() => Registry.merge([one, plain])),
      thrown(() => new Registry(any('text/html'))),
      thrown(() => {
        one.setContentType(any('text/html'));
      }),
      Registry.OPENMETRICS_CONTENT_TYPE,
    ];
  },
  'follows a change of the Content-Type': async (client) => {
    const { register } = client;
    register.setContentType(client.openMetricsContentType);
    const seen = [register.contentType];
    register.setContentType(client.prometheusContentType);
    seen.push(register.contentType);
    (client as { contentType: string }).contentType = client.openMetricsContentType;
    new client.Gauge({ name: 'g', help: 'h' }).set(3);
    return [
      seen,
      client.contentType,
      await register.metrics(),
      await register.getSingleMetricAsString('g'),
    ];
  },
});

describe.each(subjects)('on $name', ({ load }) => {
  async function open(): Promise<Client> {
    const client = await load();
    client.register.setContentType(client.openMetricsContentType);
    return client;
  }

  test('a metric keeps its name', async () => {
    const client = await open();
    const c = new client.Counter({ name: 'a_total', help: 'h' });
    const text = '# HELP a h\n# TYPE a counter\na_total 0';
    expect(await client.register.metrics()).toBe(`${text}\n# EOF\n`);
    expect(await client.register.getMetricsAsString(c)).toBe(text);
    expect(await client.register.getSingleMetricAsString('a_total')).toBe(text);
    expect([c.name, (await c.get()).name]).toEqual(['a_total', 'a_total']);
    const prometheus = { contentType: client.prometheusContentType } as const;
    expect(await client.register.metrics(prometheus)).toBe(
      '# HELP a_total h\n# TYPE a_total counter\na_total 0\n',
    );
    expect(await client.register.getMetricsAsString(c, prometheus)).toMatch(/\na_total 0$/);
  });

  test('the output is valid where that of prom-client is not', async () => {
    const client = await open();
    expect(await client.register.metrics()).toBe('# EOF\n');
    expect(String(await client.register.metricsBuffer())).toBe('# EOF\n');
    const help = 'say "hi"';
    new client.Counter({ name: 'x_total', help }).inc();
    new client.Gauge({ name: 'x', help }).set(1);
    new client.Counter({ name: 'y', help }).inc();
    new client.Counter({ name: 'y_total', help }).inc();
    const buckets = [5, 1, Infinity, 10];
    const h = new client.Histogram({ name: 'h', help, buckets, enableExemplars: true });
    vi.spyOn(Date, 'now').mockReturnValue(1500);
    h.observe({ value: 7, exemplarLabels: { t: 'seven' } });
    h.observe({ value: 0.5, exemplarLabels: { t: 'half' } });
    vi.restoreAllMocks();
    const expected = [
      '# HELP x_total say \\"hi\\"',
      '# TYPE x_total unknown',
      'x_total 1',
      '# HELP x say \\"hi\\"',
      '# TYPE x gauge',
      'x 1',
      '# HELP y say \\"hi\\"',
      '# TYPE y counter',
      'y_total 1',
      '# HELP h say \\"hi\\"',
      '# TYPE h histogram',
      'h_bucket{le="5"} 1 # {t="half"} 0.5 1.5',
      'h_bucket{le="+Inf"} 2 # {t="seven"} 7 1.5',
      'h_sum 7.5',
      'h_count 2',
      '# EOF\n',
    ].join('\n');
    expect(await client.register.metrics()).toBe(expected);
    expect(String(await client.register.metricsBuffer())).toBe(expected);
  });

  test('metrics of a shared and of a private registry are printed as one output', async () => {
    const client = await open();
    new client.Counter({ name: 'shared_total', help: 'h' }).inc();
    const own = new client.Registry({ shared: false, contentType: client.openMetricsContentType });
    const c = new client.Counter({
      name: 'own',
      help: 'h',
      registers: [own],
      enableExemplars: true,
    });
    c.inc({ exemplarLabels: {} });
    client.register.registerMetric(c);
    const text = await client.register.metrics();
    expect(text.replace(/ \d+\.?\d*\n# EOF/, '\n# EOF')).toBe(
      '# HELP shared h\n# TYPE shared counter\nshared_total 1\n' +
        '# HELP own h\n# TYPE own counter\nown_total 1 # {} 1\n# EOF\n',
    );
    expect(String(await client.register.metricsBuffer())).toBe(text);
    expect(await rejected(client.register.metricsBuffer({ contentType: any('x') }))).toBe(
      'Error: Content type x is unsupported',
    );
  });
});

test('where names clash, families of the heap keep theirs', async () => {
  const client = await heap.load();
  client.register.setContentType(client.openMetricsContentType);
  const help = 'h';
  new client.Counter({ name: 'a_total', help }).inc();
  new client.Gauge({ name: 'b', help }).set(2);
  for (const [name, type] of [
    ['a', 'gauge'],
    ['b_total', 'counter'],
  ]) {
    const duck = { name, help, type, values: [{ value: 0, labels: {} }] };
    client.register.registerMetric(any({ ...duck, get: () => duck }));
  }
  const expected = [
    '# HELP a h\n# TYPE a counter\na_total 1',
    '# HELP b h\n# TYPE b gauge\nb 2',
    '# HELP b_total h\n# TYPE b_total unknown\nb_total 0',
    '# EOF\n',
  ].join('\n');
  expect(await client.register.metrics()).toBe(expected);
  expect(String(await client.register.metricsBuffer())).toBe(expected);
});

/** Text with a quote and a line break, for each field of a metric that is an object with a `get()`. */
const BROKEN = { broken: 'b"\n1 # {' };
const foreign = (over: object, row: object = {}) => ({
  ...{ name: 'duck', help: 'h', type: 'counter', aggregator: 'sum' },
  ...over,
  values: [{ value: 1, labels: {}, ...row }],
});
const FOREIGN: Record<string, ReturnType<typeof foreign>> = {
  'its name': foreign({ name: BROKEN.broken }),
  'its help': foreign({ help: BROKEN.broken }),
  'its type': foreign({ type: BROKEN.broken }),
  'the name of a gauge': foreign({ name: BROKEN.broken, type: 'gauge' }),
  'the name of a sample': foreign({ type: 'histogram' }, { metricName: `${BROKEN.broken}_bucket` }),
  'a label name': foreign({}, { labels: { [BROKEN.broken]: 'x' } }),
  'a label value': foreign({}, { labels: { a: BROKEN.broken } }),
  'an array as a label value': foreign({}, { labels: { a: [BROKEN.broken] } }),
  'a value': foreign({}, { value: BROKEN.broken }),
  'the label value of an exemplar': foreign(
    {},
    { exemplar: { labelSet: { t: BROKEN.broken }, value: 1, timestamp: 2 } },
  ),
  'the label name of an exemplar': foreign(
    {},
    { exemplar: { labelSet: { [BROKEN.broken]: 't' }, value: 1, timestamp: 2 } },
  ),
  'the value and the time of an exemplar': foreign(
    {},
    { exemplar: { labelSet: {}, value: BROKEN.broken, timestamp: BROKEN.broken } },
  ),
};

describe.each(Object.entries(FOREIGN))('a line break of a foreign metric, in %s', (_, metric) => {
  test.each(['text', 'openmetrics', 'aggregate'])('adds no line to output: %s', async (format) => {
    const client = await heap.load();
    const { Registry } = client;
    const type =
      format === 'text' ? Registry.PROMETHEUS_CONTENT_TYPE : Registry.OPENMETRICS_CONTENT_TYPE;
    const registry = new Registry(any(type));
    registry.registerMetric(any({ ...metric, get: () => metric }));
    const { AggregatorRegistry } = client;
    const parts = any([[metric], [metric]]);
    const shown =
      format === 'aggregate' ? AggregatorRegistry.aggregate(parts, any(type)) : registry;
    const lines = (await shown.metrics())
      .split('\n')
      .filter((line) => line !== '' && line !== '# EOF');
    expect(lines).toHaveLength(3);
    expect(lines.map((line) => line.slice(0, 7)).slice(0, 2)).toEqual(['# HELP ', '# TYPE ']);
    expect(lines[2]).not.toMatch(/^#/);
  });
});

test.each(subjects)(
  '$name: U+0000 in an exemplar, for which Prometheus refuses a whole scrape, is printed as U+FFFD',
  async ({ load }) => {
    const { register, openMetricsContentType, Counter, Histogram } = await load();
    register.setContentType(openMetricsContentType);
    const exemplars = any({ enableExemplars: true, help: 'h' }) as object;
    const counter = new Counter(any({ ...exemplars, name: 'c_total' }));
    const histogram = new Histogram(any({ ...exemplars, name: 'h', buckets: [1] }));
    const exemplarLabels = { t: '\0a\0', u: '\0' };
    counter.inc(any({ exemplarLabels }));
    histogram.observe(any({ value: 2, exemplarLabels }));
    const duck = foreign({}, { exemplar: { labelSet: exemplarLabels, value: 1, timestamp: 2 } });
    register.registerMetric(any({ ...duck, get: () => duck }));
    const text = await register.metrics();
    expect(text).not.toContain('\0');
    expect(text.match(/\{t="\ufffda\ufffd",u="\ufffd"\} /g)).toHaveLength(3);
  },
);

test.each(subjects)(
  '$name: sums of negative observations are shown, which Prometheus takes and OpenMetrics forbids',
  async ({ load }) => {
    const { register, openMetricsContentType, Histogram, Summary } = await load();
    register.setContentType(openMetricsContentType);
    new Histogram({ name: 'h', help: 'h', buckets: [-1, 1] }).observe(-2);
    new Summary({ name: 's', help: 's', percentiles: [] }).observe(-3);
    const text = await register.metrics();
    expect(text.match(/^\w+(?:\{.*\})? -?\d.*/gm)).toEqual([
      ...['h_bucket{le="-1"} 1', 'h_bucket{le="1"} 1', 'h_bucket{le="+Inf"} 1'],
      ...['h_sum -2', 'h_count 1', 's_sum -3', 's_count 1'],
    ]);
  },
);
