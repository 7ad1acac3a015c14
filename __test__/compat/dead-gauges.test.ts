/** The options `dead` and `keepDead`, and the Python client's live aggregators (`livesum`, …), in both storages. */

import { describe, expect, test, vi } from 'vitest';

import { any, memory, subjects, thrown, type Client } from '../support/subject';

const COUNT_DEAD = ['sum', 'first', 'min', 'max', 'mostrecent', 'all'] as const;
const LIVE = ['livesum', 'liveall', 'livemin', 'livemax', 'livemostrecent'] as const;

/** Returns the values of the first metric in JSON: of each, the labels without `pid`, and the number. */
async function values(client: Client): Promise<[string, number][]> {
  const [metric] = await client.register.getMetricsAsJSON();
  return metric!.values.map(({ labels, value }) => {
    const own = Object.entries(labels).filter(([name]) => name !== 'pid');
    return [JSON.stringify(Object.fromEntries(own)), value];
  });
}

describe.each(subjects)('$name', ({ load }) => {
  test.each(COUNT_DEAD)(
    "a gauge with dead: 'keep' and the aggregator %s is updated, removed and reset like other gauges",
    async (aggregator) => {
      const client = await load();
      const { Gauge, register } = client;
      const gauge = new Gauge({
        name: 'g',
        help: 'h',
        labelNames: ['a'],
        aggregator,
        dead: 'keep',
      });
      gauge.set({ a: 'x' }, 5);
      gauge.inc({ a: 'x' });
      const child = gauge.labels('y');
      child.dec(2);
      const shown = [
        ['{"a":"x"}', 6],
        ['{"a":"y"}', -2],
      ];
      expect(await values(client)).toEqual(shown);
      expect((await register.getMetricsAsJSON())[0]).toMatchObject({ type: 'gauge', aggregator });
      expect(await register.metrics()).toMatch(/^# HELP g h\n# TYPE g gauge\ng\{a="x"[^}]*\} 6\n/);
      expect(gauge._getValue({ a: 'x' })).toBe(6);
      gauge.remove('x');
      expect(await values(client)).toEqual(shown.slice(1));
      gauge.reset();
      expect(await values(client)).toEqual([]);
      child.inc();
      gauge.resetEverywhere();
      child.inc(4);
      expect(await values(client)).toEqual([['{"a":"y"}', 4]]);
      gauge.removeEverywhere('y');
      expect(await values(client)).toEqual([]);
    },
  );

  test.each(LIVE)("the Python client's live aggregators: %s", async (aggregator) => {
    const client = await load();
    const { Counter, Gauge, register } = client;
    const gauge = new Gauge({ name: 'g', help: 'h', labelNames: ['a'], aggregator });
    gauge.set({ a: 'x' }, 5);
    gauge.inc({ a: 'x' }, 2);
    expect(await values(client)).toEqual([['{"a":"x"}', 7]]);
    const [json] = await register.getMetricsAsJSON();
    expect(json).toMatchObject({ aggregator });
    const pid = aggregator === 'liveall' ? `,pid="${String(process.pid)}"` : '';
    expect(await register.metrics()).toContain(`\ng{a="x"${pid}} 7\n`);
    expect(thrown(() => new Counter(any({ name: 'c', help: 'h', aggregator })))).toBe(
      `Error: aggregator '${aggregator}' is for gauges, and this is a counter`,
    );
    expect(thrown(() => new Gauge({ name: 'h', help: 'h', aggregator, dead: 'keep' }))).toBe(
      "TypeError: dead: 'keep' needs one of the aggregators sum, first, min, max, mostrecent, all, " +
        `and aggregator is '${aggregator}'`,
    );
  });

  test('with liveall, a label named pid is refused, because liveall adds one', async () => {
    const { Gauge } = await load();
    const config = { name: 'g', help: 'h', labelNames: ['pid'], aggregator: 'liveall' } as const;
    expect(thrown(() => new Gauge(config))).toBe(
      `Error: aggregator 'liveall' gives a label "pid", so labelNames must not have it`,
    );
  });

  test('other values, types and combinations are refused, and register nothing', async () => {
    const client = await load();
    const { Gauge, register } = client;
    const refused = (more: object, type: 'Gauge' | 'Counter' | 'Histogram' | 'Summary' = 'Gauge') =>
      thrown(() => new client[type](any({ name: 'm', help: 'h', ...more })));
    for (const dead of ['drop', true, 1, null, {}]) {
      expect(refused({ dead })).toMatch(/^TypeError: dead must be 'keep' or left out, and is /);
    }
    for (const type of ['Counter', 'Histogram', 'Summary'] as const) {
      expect(refused({ dead: 'keep' }, type)).toBe(
        `TypeError: dead is for gauges, Enum, StateSet and Info, and this is a ${type.toLowerCase()}`,
      );
    }
    for (const aggregator of ['average', 'omit', 'shared']) {
      expect(refused({ dead: 'keep', aggregator })).toBe(
        "TypeError: dead: 'keep' needs one of the aggregators sum, first, min, max, mostrecent, all, " +
          `and aggregator is '${aggregator}'`,
      );
    }
    expect(refused({ dead: 'keep', ttlSeconds: 5 })).toBe(
      "TypeError: ttlSeconds is not possible with dead: 'keep'",
    );
    const needs = "TypeError: keepDead needs dead: 'keep' and the aggregator 'all'";
    expect(refused({ keepDead: 5 })).toBe(needs);
    expect(refused({ keepDead: 5, dead: 'keep' })).toBe(needs);
    for (const keepDead of [0, -1, 1.5, 10_001, NaN, '64', null]) {
      expect(refused({ keepDead, dead: 'keep', aggregator: 'all' })).toMatch(
        /^TypeError: keepDead must be a whole number from 1 to 10000, and is /,
      );
    }
    expect(await register.metrics()).toBe('\n');
    new Gauge({ name: 'm', help: 'h', aggregator: 'all', dead: 'keep', keepDead: 10_000 });
  });

  test("with ifExists: 'reuse', a gauge with another `dead` is refused", async () => {
    const { Gauge } = await load();
    const config = { name: 'g', help: 'h', ifExists: 'reuse' } as const;
    new Gauge({ ...config, dead: 'keep' }).set(5);
    expect(thrown(() => new Gauge(config))).toBe(
      "Error: A metric with the name g has already been registered, with dead 'keep' and not undefined.",
    );
    expect((await new Gauge({ ...config, dead: 'keep' }).get()).values[0]!.value).toBe(5);
  });

  test('markProcessDead() takes the id of a process, and returns 0 for a living one', async () => {
    const { Gauge, markProcessDead } = await load();
    new Gauge({ name: 'g', help: 'h', dead: 'keep' }).set(5);
    expect(markProcessDead(process.pid)).toBe(0);
    expect(markProcessDead(4_194_304)).toBe(0);
    for (const pid of [0, -1, 1.5, NaN, '1', undefined, 2 ** 32]) {
      expect(thrown(() => markProcessDead(any(pid)))).toMatch(
        /^TypeError: pid must be the id of a process, and is /,
      );
    }
  });

  test('trackInProgress() of a gauge that counts the dead warns once', async () => {
    const { Gauge } = await load();
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const gauge = new Gauge({ name: 'g', help: 'h', dead: 'keep' });
    for (let n = 0; n < 2; n++) expect(gauge.trackInProgress(() => 5)).toBe(5);
    expect(warn.mock.calls.map(([message]) => String(message))).toEqual([
      "the gauge g has dead: 'keep', and tracks calls in progress: the calls of a killed process stay in its value " +
        "for ever. With the aggregator sum, and without dead: 'keep', the value loses them when the process ends",
    ]);
    warn.mockRestore();
  });

  test("with dead: 'keep', an aggregator of configure() that cannot count the dead is not used", async () => {
    const client = await load();
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    client.configure({ aggregators: { a: 'average', b: 'max' } });
    for (const [name, aggregator] of [
      ['a', 'sum'],
      ['b', 'max'],
    ] as const) {
      const gauge = new client.Gauge({ name, help: 'h', dead: 'keep' });
      expect((await gauge.get()).aggregator).toBe(aggregator);
    }
    expect(warn.mock.calls.map(([message]) => String(message))).toEqual([
      "the aggregator average that is configured for a is not used for the gauge a: it has dead: 'keep', " +
        'which needs another aggregator',
    ]);
    warn.mockRestore();
  });
});

test('JSON of several processes is joined by the live aggregators, too', async () => {
  const { aggregators, AggregatorRegistry } = await memory.load();
  const metric = (aggregator: string, value: number) => ({
    ...{ name: 'g', help: 'h', type: 'gauge', aggregator },
    values: [{ labels: {}, value }],
  });
  const joined = { livesum: 7, liveall: 7, livemin: 2, livemax: 5, livemostrecent: 2 };
  for (const [name, value] of Object.entries(joined)) {
    expect(Object.keys(aggregators)).toContain(name);
    const all = [[metric(name, 5)], [metric(name, 2)]];
    const registry = AggregatorRegistry.aggregate(any(all));
    const [json] = await registry.getMetricsAsJSON();
    expect(json!.values).toEqual([{ labels: {}, value }]);
  }
});
