import { afterEach, describe, expect, test, vi } from 'vitest';

import { any, rejected, sameAsPromClient, subjects, thrown, type Client } from '../support/subject';

const NOW = 1_700_000_000_123;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Makes the client's default registry print OpenMetrics, and stops the clock: only `tick` advances it, by a second. */
function prepared(client: Client): { tick: () => void } {
  let now = NOW;
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  client.register.setContentType(client.openMetricsContentType);
  return { tick: () => (now += 1000) };
}

const options = { help: 'h', enableExemplars: true } as const;

sameAsPromClient({
  'counts with exemplars': async (client) => {
    const { tick } = prepared(client);
    const c = new client.Counter({ ...options, name: 'c_total', labelNames: ['a', 'b'] });
    c.inc();
    c.inc({ labels: { a: '1' }, exemplarLabels: { traceId: '888', spanId: 'jjj' } });
    tick();
    c.inc({ labels: { a: '1' }, value: 2, exemplarLabels: { traceId: '999' } });
    tick();
    c.inc({ labels: { a: '1' }, value: 7 });
    c.inc({
      labels: { b: 'x' },
      value: 0.5,
      exemplarLabels: any({ n: 5, t: true, z: null, u: 'undefined' }),
    });
    c.inc({ labels: { b: 'y' }, exemplarLabels: {} });
    c.inc({ labels: { b: 'z' }, value: 0, exemplarLabels: { zero: '' } });
    c.inc({ exemplarLabels: { quoted: 'a"b\\c\nd' } });
    const values = [await c.get(), await client.register.getMetricsAsJSON()];
    return [values, await client.register.metrics()];
  },
  'observes with exemplars': async (client) => {
    const { tick } = prepared(client);
    const h = new client.Histogram({
      ...options,
      name: 'h',
      labelNames: ['a'],
      buckets: [1, 2, 5],
    });
    h.observe({ value: 1.5, labels: { a: '1' }, exemplarLabels: { t: 'first' } });
    tick();
    h.observe({ value: 2, labels: { a: '1' }, exemplarLabels: { t: 'second' } });
    h.observe({ value: 0, labels: { a: '1' }, exemplarLabels: { t: 'low' } });
    const before = await h.get();
    h.observe({ value: 1e9, labels: { a: '1' }, exemplarLabels: { t: 'above' } });
    h.observe({ value: 3, labels: { a: '1' } });
    h.observe({ value: 4, labels: { a: '1' }, exemplarLabels: {} });
    h.observe({ value: 4, labels: { a: '2' } });
    const none = new client.Histogram({ ...options, name: 'none', buckets: [1] });
    none.observe({ value: 1 });
    const values = [before, await h.get(), await client.register.getMetricsAsJSON()];
    return [values, await client.register.metrics()];
  },
  'refuses exemplars on registries that do not print OpenMetrics': async (client) => {
    const { register, Registry, Counter, Gauge, Histogram, Summary } = client;
    const types = [Counter, Gauge, Histogram, Summary];
    const plain = types.map((Type) => thrown(() => new Type({ ...options, name: Type.name })));
    const open = new Registry(any(Registry.OPENMETRICS_CONTENT_TYPE));
    const registers = [open, register];
    const mixed = thrown(() => new Counter({ ...options, name: 'c', registers }));
    const names = [open, register].map((one) => one.getMetricsAsArray().map(({ name }) => name));
    for (const Type of types) new Type({ ...options, name: Type.name, registers: [open] });
    return [
      plain,
      mixed,
      names,
      open.getMetricsAsArray().length,
      await register.getMetricsAsJSON(),
    ];
  },
  'counts before it looks at the labels of an exemplar': async (client) => {
    prepared(client);
    const c = new client.Counter({ ...options, name: 'c' });
    const h = new client.Histogram({ ...options, name: 'h', buckets: [1] });
    const long = { abcde: 'x'.repeat(124) };
    const errors = [
      thrown(() => {
        c.inc({ value: 2, exemplarLabels: long });
      }),
      thrown(() => {
        h.observe({ value: 2, exemplarLabels: long });
      }),
      thrown(() => {
        c.inc({ value: -1, exemplarLabels: { a: '1' } });
      }),
      thrown(() => {
        c.inc({ value: any('3ms'), exemplarLabels: { a: '1' } });
      }),
      thrown(() => {
        h.observe(any({ exemplarLabels: { a: '1' } }));
      }),
      thrown(() => {
        c.inc(any({ labels: { z: 1 }, exemplarLabels: { a: '1' } }));
      }),
    ];
    c.inc({ exemplarLabels: { abcde: 'x'.repeat(123) } });
    h.observe({ value: 3, exemplarLabels: { abcde: 'x'.repeat(123) } });
    return [errors, (await c.get()).values, (await h.get()).values];
  },
  'forgets exemplars when their series is removed or reset': async (client) => {
    prepared(client);
    const exemplarLabels = { t: '1' };
    const c = new client.Counter({ ...options, name: 'c', labelNames: ['a'] });
    const one = new client.Counter({ ...options, name: 'one' });
    const h = new client.Histogram({ ...options, name: 'h', buckets: [1] });
    const seen: unknown[] = [];
    for (const again of [1, 2]) {
      c.inc({ labels: { a: '1' }, exemplarLabels });
      c.inc({ labels: { a: '2' }, exemplarLabels });
      one.inc({ exemplarLabels });
      h.observe({ value: again, exemplarLabels });
      seen.push(JSON.stringify(await client.register.getMetricsAsJSON()));
      c.remove('1');
      c.inc({ labels: { a: '1' } });
      one.reset();
      h.zero({});
      seen.push(JSON.stringify(await client.register.getMetricsAsJSON()));
      client.register.resetMetrics();
      one.inc();
      h.observe({ value: 5 });
      seen.push(JSON.stringify(await client.register.getMetricsAsJSON()));
    }
    return seen;
  },
  'times with exemplars': async (client) => {
    prepared(client);
    vi.spyOn(process, 'hrtime').mockImplementation(
      any((since?: [number, number]) => (since === undefined ? [10, 0] : [1, 5e8])),
    );
    const h = new client.Histogram({
      ...options,
      name: 'h',
      labelNames: ['a', 'b'],
      buckets: [1, 2],
    });
    const ends = [
      h.startTimer()(),
      h.startTimer({ a: '1' }, { t: 'start', both: 'start' })(
        { b: '2' },
        { both: 'end', e: 'end' },
      ),
      h.startTimer(undefined, { t: 'start' })(undefined, undefined),
    ];
    return [ends, await h.get()];
  },
  'default metrics can have exemplars': async (client) => {
    prepared(client);
    client.collectDefaultMetrics({ enableExemplars: true });
    await client.register.metrics();
    const names = client.register.getMetricsAsArray() as unknown as {
      name: string;
      enableExemplars: boolean;
    }[];
    return names
      .filter((one) => one.enableExemplars)
      .map(({ name }) => name.replace(/_total$/, ''));
  },
});

describe.each(subjects)('on $name', ({ load }) => {
  test('updates with plain arguments count, and record no exemplar', async () => {
    const client = await load();
    prepared(client);
    const c = new client.Counter({ ...options, name: 'c', labelNames: ['a'] });
    const h = new client.Histogram({ ...options, name: 'h', labelNames: ['a'], buckets: [1] });
    c.inc(5);
    c.inc({ a: '1' }, 2);
    c.labels('1').inc(3);
    h.observe(0.5);
    h.observe({ a: '1' }, 2);
    h.labels('1').observe(3);
    h.labels('1').startTimer()();
    expect((await c.get()).values).toEqual([
      { value: 5, labels: {} },
      { value: 5, labels: { a: '1' } },
    ]);
    const counts = (await h.get()).values.filter(({ metricName }) => metricName === 'h_count');
    expect(counts.map(({ value }) => value)).toEqual([1, 3]);
  });

  test('an exemplar has at most 128 code points, and only valid label names', async () => {
    const client = await load();
    prepared(client);
    const c = new client.Counter({ ...options, name: 'c' });
    c.inc({ exemplarLabels: { e: '\u{1f600}'.repeat(127) } });
    const [row] = (await c.get()).values;
    expect(row!.exemplar).toEqual({
      labelSet: { e: '\u{1f600}'.repeat(127) },
      value: 1,
      timestamp: NOW / 1000,
    });
    const record = (exemplarLabels: object) =>
      thrown(() => {
        c.inc({ exemplarLabels });
      });
    expect(record({ e: '\u{1f600}'.repeat(128) })).toMatch(/^RangeError: Label set size/);
    expect(record({ 'trace-id': '1' })).toBe('Error: Invalid exemplar label name: trace-id');
    expect(record({ '': '1' })).toBe('Error: Invalid exemplar label name: ');
    const values = Object.fromEntries(Array.from('"\\\n\0\ud800é', (value, i) => [`l${i}`, value]));
    expect(record(values)).toBe('nothing');
    expect((await c.get()).values[0]).toMatchObject({
      value: 5,
      exemplar: { labelSet: { ...values, l4: '\ufffd' } },
    });
  });

  test('exemplars are kept when their metric is registered, and when its registry gets default labels', async () => {
    const client = await load();
    prepared(client);
    const exemplarLabels = { t: '1' };
    const c = new client.Counter({ ...options, name: 'c', labelNames: ['a'], registers: [] });
    c.inc({ labels: { a: '1' }, exemplarLabels });
    client.register.registerMetric(c);
    const expected = [{ value: 1, labels: { a: '1' }, exemplar: { labelSet: exemplarLabels } }];
    expect((await c.get()).values).toMatchObject(expected);
    client.register.setDefaultLabels({ app: 'web' });
    expect(await client.register.metrics()).toContain(
      `c_total{a="1",app="web"} 1 # {t="1"} 1 ${NOW / 1000}\n`,
    );
    expect(await client.register.metrics({ contentType: client.prometheusContentType })).toContain(
      'c{a="1",app="web"} 1\n',
    );
    expect(await rejected(client.register.metrics({ contentType: any('text/html') }))).toBe(
      'Error: Content type text/html is unsupported',
    );
  });
});
