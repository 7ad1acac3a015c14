/** Aggregators that prom-client does not have: `all`, `mostrecent` and `shared`. */

import { afterEach, describe, expect, test, vi } from 'vitest';

import { Gauge, ROSTER } from '../../ts/metrics';
import { Status } from '../../ts/native';
import { moveToHeap, moveToMemory } from '../../ts/storage';
import { MoodyHeap } from '../support/moody-heap';
import { any, inside, oracle, subjects, thrown } from '../support/subject';

afterEach(() => {
  vi.useRealTimers();
});

describe.each(subjects)('$name', ({ load }) => {
  test('the aggregator all gives each process a label pid, in text, in JSON and in get()', async () => {
    const { Gauge, register } = await load();
    register.setDefaultLabels({ app: 'x', pid: 'overridden' });
    const gauge = new Gauge({ name: 'g', help: 'h', labelNames: ['a'], aggregator: 'all' });
    gauge.set({ a: 'x' }, 5);
    gauge.labels('y').inc(2);
    gauge.set({ a: any(1) }, 7);
    const pid = String(process.pid);
    const rows = [
      [{ a: 'x', pid }, 5],
      [{ a: 'y', pid }, 2],
      [{ a: 1, pid }, 7],
    ];
    const { values } = await gauge.get();
    expect(values.map(({ labels, value }) => [labels, value])).toEqual(rows);
    const text = (await register.metrics()).trim().split('\n').slice(2);
    expect(text).toEqual([
      `g{a="x",pid="${pid}",app="x"} 5`,
      `g{a="y",pid="${pid}",app="x"} 2`,
      `g{a="1",pid="${pid}",app="x"} 7`,
    ]);
    const [json] = await register.getMetricsAsJSON();
    expect(json).toMatchObject({ name: 'g', type: 'gauge', aggregator: 'all' });
    expect(json!.values[0]).toEqual({ labels: { a: 'x', pid, app: 'x' }, value: 5 });
  });

  test('the aggregator all gives a label pid to a gauge without labels, too', async () => {
    const { Gauge, register } = await load();
    new Gauge({ name: 'g', help: 'h', aggregator: 'all' }).dec(3);
    expect(await register.metrics()).toContain(`\ng{pid="${String(process.pid)}"} -3\n`);
  });

  test('a gauge with mostrecent is updated, reset and removed like any gauge', async () => {
    const { Gauge, register } = await load();
    const gauge = new Gauge({ name: 'g', help: 'h', labelNames: ['a'], aggregator: 'mostrecent' });
    gauge.set({ a: 'x' }, 5);
    gauge.inc({ a: 'x' });
    const child = gauge.labels('x');
    child.dec(4);
    child.set(10);
    child.inc();
    gauge.set({ a: 'y' }, NaN);
    const { values } = await gauge.get();
    expect(values).toEqual([
      { labels: { a: 'x' }, value: 11 },
      { labels: { a: 'y' }, value: NaN },
    ]);
    expect(gauge._getValue({ a: 'x' })).toBe(11);
    expect(gauge.labels('x')).toBe(child);
    gauge.reset();
    expect((await gauge.get()).values).toEqual([]);
    child.inc(3);
    expect(await register.metrics()).toBe('# HELP g h\n# TYPE g gauge\ng{a="x"} 3\n');
    gauge.remove('x');
    child.inc(2);
    expect((await gauge.get()).values).toEqual([{ labels: { a: 'x' }, value: 2 }]);
  });

  test('mostrecent reads the clock at each update', async () => {
    const { Gauge } = await load();
    vi.useFakeTimers({ now: 0 });
    const gauge = new Gauge({ name: 'g', help: 'h', aggregator: 'mostrecent' });
    gauge.set(1);
    vi.setSystemTime(5000);
    gauge.inc();
    vi.useRealTimers();
    const own: typeof ROSTER = inside('metrics').ROSTER;
    const read = await gauge[own].family.read('process');
    expect(read.series[0]!.values).toEqual([2, 5000]);
  });

  test('a gauge with shared is updated, read and removed like any gauge', async () => {
    const { Gauge, register } = await load();
    const gauge = new Gauge({ name: 'g', help: 'h', labelNames: ['a'], aggregator: 'shared' });
    gauge.set({ a: 'x' }, 5);
    gauge.inc({ a: 'x' });
    const child = gauge.labels('x');
    child.dec(4);
    gauge.labels('y').inc(7);
    expect(gauge.labels('x')).toBe(child);
    expect(gauge._getValue({ a: 'x' })).toBe(2);
    const rows = [
      { labels: { a: 'x' }, value: 2 },
      { labels: { a: 'y' }, value: 7 },
    ];
    expect((await gauge.get()).values).toEqual(rows);
    expect((await gauge.get({ scope: 'process' })).values).toEqual(rows);
    expect((await register.getMetricsAsJSON())[0]).toMatchObject({
      name: 'g',
      aggregator: 'shared',
      values: rows,
    });
    gauge.remove('x');
    child.inc(3);
    expect(await register.metrics()).toBe('# HELP g h\n# TYPE g gauge\ng{a="y"} 7\ng{a="x"} 3\n');
  });

  test('`all`, `mostrecent` and `shared` are refused for other types, and `all` also if labelNames has a label that it adds', async () => {
    const { Counter, Gauge, Histogram, Summary, register } = await load();
    const config = (more: object) => any({ name: 'm', help: 'h', ...more });
    expect([
      thrown(() => new Counter(config({ aggregator: 'all' }))),
      thrown(() => new Histogram(config({ aggregator: 'mostrecent' }))),
      thrown(() => new Summary(config({ aggregator: 'shared' }))),
      thrown(() => new Gauge(config({ aggregator: 'all', labelNames: ['a', 'pid'] }))),
      thrown(() => new Gauge(config({ aggregator: 'all', labelNames: ['thread'] }))),
    ]).toEqual([
      "Error: aggregator 'all' is for gauges, and this is a counter",
      "Error: aggregator 'mostrecent' is for gauges, and this is a histogram",
      "Error: aggregator 'shared' is for gauges, and this is a summary",
      'Error: aggregator \'all\' gives a label "pid", so labelNames must not have it',
      'Error: aggregator \'all\' gives a label "thread", so labelNames must not have it',
    ]);
    expect(register.getMetricsAsArray()).toEqual([]);
    new Gauge(config({ aggregator: 'mostrecent', labelNames: ['pid'] }));
  });
});

test('when a pending shared gauge moves into the heap, a value that was set replaces the one there, and other updates are added', async () => {
  const moody = new MoodyHeap();
  const [one, two] = [1, 2].map(
    () =>
      new Gauge({ name: 'g', help: 'h', labelNames: ['a'], aggregator: 'shared', registers: [] }),
  ) as [Gauge<'a'>, Gauge<'a'>];
  moveToHeap(one[ROSTER], 't', 1, moody.storage);
  for (const a of ['set', 'added', 'untouched']) one.set({ a }, 100);
  moveToMemory(one[ROSTER]);
  moody.mood = Status.Busy;
  moveToHeap(two[ROSTER], 't', 1, moody.storage);
  two.inc({ a: 'set' }, 5);
  two.set({ a: 'set' }, 7);
  two.inc({ a: 'set' });
  two.inc({ a: 'added' }, 5);
  two.dec({ a: 'added' }, 2);
  two.inc({ a: 'untouched' }, 0);
  moody.mood = Status.Ok;
  moody.storage.flush();
  const rows = 'g{a="set"} 8\ng{a="added"} 103\ng{a="untouched"} 100\n';
  expect(await moody.text()).toContain(rows);
  // reset() resets this process's part, and a shared gauge has no parts. A metric that leaves the heap changes no
  // value.
  two.reset();
  expect(await moody.text()).toContain(rows);
  moveToMemory(two[ROSTER]);
  expect(await moody.text()).toContain(rows);
});

test('aggregators.all keeps processes apart, and aggregators.mostrecent takes the last value', async () => {
  const { aggregators } = await subjects[0]!.load();
  const of = (aggregator: string, pid: string, value: number) =>
    any({ name: 'g', help: 'h', type: 'gauge', aggregator, values: [{ labels: { pid }, value }] });
  const two = [of('all', '1', 4), of('all', '2', 6)];
  expect(aggregators.all(any(two))).toMatchObject({
    values: [
      { labels: { pid: '1' }, value: 4 },
      { labels: { pid: '2' }, value: 6 },
    ],
  });
  expect(
    aggregators.mostrecent([of('mostrecent', '1', 4), of('mostrecent', '1', 6)]),
  ).toMatchObject({ values: [{ value: 6 }] });
  const theirs = (await oracle.load()).aggregators;
  expect(Object.keys(aggregators).sort()).toEqual(
    [
      ...Object.keys(theirs),
      ...['all', 'any', 'count', 'every', 'mostrecent', 'shared'],
      ...['livesum', 'liveall', 'livemin', 'livemax', 'livemostrecent'],
    ].sort(),
  );
});
