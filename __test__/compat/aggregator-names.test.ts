/** Values of the option `aggregator`, and the settings by which a user chooses it for gauges without that option. */

import { afterEach, expect, test, vi } from 'vitest';

import { any, heap, memory, thrown, type Client } from '../support/subject';

const TYPES = ['Counter', 'Gauge', 'Histogram', 'Summary'] as const;
const LIVE = ['livesum', 'liveall', 'livemin', 'livemax', 'livemostrecent'];
const GAUGES = ['all', 'mostrecent', 'shared', ...LIVE];
const KNOWN = ['sum', 'first', 'omit', 'average', 'min', 'max', ...GAUGES];
const LIST = KNOWN.join(', ');

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const subjects = [heap, memory];

for (const subject of subjects) {
  for (const type of TYPES) {
    test.each([
      'avg',
      'Sum',
      'liveaverage',
      '',
      'toString',
      '__proto__',
      ' sum',
      0,
      1,
      {},
      ['sum'],
      true,
      () => 1,
    ])(`a ${type} on ${subject.name} refuses the aggregator %o`, async (aggregator) => {
      const client = await subject.load();
      const config = any({ name: 'm', help: 'h', aggregator });
      expect(thrown(() => new client[type](config))).toMatch(
        `TypeError: aggregator must be one of ${LIST}, and is `,
      );
      // The refused metric is not registered.
      expect(await client.register.metrics()).toBe('\n');
      new client[type]({ name: 'm', help: 'h' });
    });
  }

  test(`undefined and null stand for the aggregator sum on ${subject.name}`, async () => {
    const client = await subject.load();
    for (const [i, aggregator] of [undefined, null].entries()) {
      const gauge = new client.Gauge(any({ name: `g${i}`, help: 'h', aggregator }));
      expect((await gauge.get()).aggregator).toBe('sum');
    }
  });
}

async function shownBy(client: Client): Promise<Record<string, string>> {
  const rows = await client.register.getMetricsAsJSON();
  return Object.fromEntries(rows.map(({ name, aggregator }) => [name, aggregator]));
}

function make(client: Client): void {
  new client.Gauge({ name: 'users_total', help: 'h' });
  new client.Gauge({ name: 'a_limit', help: 'h', aggregator: any(undefined) });
  new client.Gauge({ name: 'b_limit', help: 'h', aggregator: 'min' });
  new client.Gauge({ name: 'plain', help: 'h' });
  new client.Counter({ name: 'c_limit', help: 'h' });
}

const CHOSEN = {
  users_total: 'max',
  a_limit: 'mostrecent',
  b_limit: 'min',
  plain: 'sum',
  c_limit: 'sum',
};

test.each(subjects)(
  'MPMETRICS_AGGREGATORS sets the aggregator of gauges without one of their own, on $name',
  async ({ load }) => {
    vi.stubEnv('MPMETRICS_AGGREGATORS', ' users_total=max, *_limit = mostrecent ,*limit=max');
    const client = await load();
    make(client);
    expect(await shownBy(client)).toEqual(CHOSEN);
  },
);

test.each(subjects)(
  'configure({ aggregators }) has precedence over MPMETRICS_AGGREGATORS, on $name',
  async ({ load }) => {
    vi.stubEnv('MPMETRICS_AGGREGATORS', 'users_total=min,plain=first');
    const client = await load();
    client.configure({ aggregators: { users_total: 'max', '*_limit': 'mostrecent' } });
    make(client);
    expect(await shownBy(client)).toEqual({ ...CHOSEN, plain: 'first' });
  },
);

test('MPMETRICS_AGGREGATORS applies to default metrics, except those that name their aggregator', async () => {
  vi.stubEnv('MPMETRICS_AGGREGATORS', '*=max');
  const client = await heap.load();
  const stop = client.collectDefaultMetrics({ metrics: ['heapSizeAndUsed', 'version'] });
  const shown = await shownBy(client);
  stop();
  expect(shown['nodejs_heap_size_used_bytes']).toBe('max');
  expect(shown['nodejs_version_info']).toBe('first');
});

test('invalid entries of MPMETRICS_AGGREGATORS are ignored, with one warning each', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  vi.stubEnv('MPMETRICS_AGGREGATORS', 'a=avg,b,c-d=max,e=max=min,=max,plain=max,,a=avg');
  const client = await heap.load();
  make(client);
  expect((await shownBy(client))['plain']).toBe('max');
  const warned = warning.mock.calls.map(([message]) => String(message));
  expect(
    warned.map((message) => /^"(.*)" in MPMETRICS_AGGREGATORS is ignored: /.exec(message)?.[1]),
  ).toEqual(['a=avg', 'b', 'c-d=max', 'e=max=min', '=max']);
  for (const message of warned) expect(message).toContain(`an equals sign and one of ${LIST}`);
});

test('a gauge with ttlSeconds can have a configured aggregator', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  vi.stubEnv('MPMETRICS_AGGREGATORS', 'g*=max');
  const client = await heap.load();
  new client.Gauge({ name: 'gauge', help: 'h', labelNames: ['a'], ttlSeconds: 60 });
  expect((await shownBy(client))['gauge']).toBe('max');
  expect(warning).not.toHaveBeenCalled();
});

test.each([
  ['all', { labelNames: ['pid'] }, 'has a label "pid" already'],
  [
    'shared',
    { labelNames: ['a'], ttlSeconds: 60 },
    'has ttlSeconds, which needs another aggregator',
  ],
] as const)(
  'the aggregator %s is ignored, with a warning, for a gauge that cannot have it',
  async (aggregator, more, why) => {
    const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    vi.stubEnv('MPMETRICS_AGGREGATORS', `g*=${aggregator}`);
    const client = await heap.load();
    new client.Gauge(any({ name: 'gauge', help: 'h', ...more }));
    expect((await shownBy(client))['gauge']).toBe('sum');
    expect(warning.mock.calls.map(([message]) => message)).toEqual([
      `the aggregator ${aggregator} that is configured for g* is not used for the gauge gauge: it ${why}`,
    ]);
  },
);

test.each([
  [1],
  [null],
  [['a']],
  [{ a: 'avg' }],
  [{ 'a-b': 'max' }],
  [{ a: undefined }],
  ['a=max'],
] as unknown[][])('configure({ aggregators: %o }) is refused', async (aggregators) => {
  const client = await heap.load();
  expect(
    thrown(() => {
      client.configure(any({ aggregators }));
    }),
  ).toMatch(
    'configure({ aggregators }) must be an object that gives names of gauges, in which * stands for any characters',
  );
});

test.each(subjects)(
  'collectDefaultMetrics(registry) ignores the registry and uses the default one, as prom-client does, on $name',
  async ({ load }) => {
    const client = await load();
    const { register, Registry } = client;
    for (const registry of [register, new Registry(), new client.AggregatorRegistry()]) {
      register.clear();
      const stop = client.collectDefaultMetrics(any(registry));
      expect(register.getMetricsAsArray().length).toBeGreaterThan(10);
      stop();
    }
  },
);
