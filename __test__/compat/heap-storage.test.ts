/**
 * Heap storage when the heap lock is taken, the heap is full or damaged, or the slot is lost. No update is lost, except
 * those of series that a full heap refuses, which are dropped and counted.
 */

import { existsSync } from 'node:fs';

import { afterEach, describe, expect, test, vi } from 'vitest';

import { Out, Status } from '../../ts/native';
import { Counter, Gauge, Histogram, ROSTER } from '../../ts/metrics';
import { moveToHeap, moveToMemory } from '../../ts/storage';
import { Patience } from '../../ts/storage/heap/succession';
import { MoodyHeap } from '../support/moody-heap';
import { newSegment } from '../support/segments';
import { any, heap } from '../support/subject';

const quiet = { help: 'h', registers: [] };

function setUp(mood: Status = Status.Ok) {
  const moody = new MoodyHeap();
  const counter = new Counter({ name: 'c', labelNames: ['a'], ...quiet });
  const gauge = new Gauge({ name: 'g', ...quiet });
  const histogram = new Histogram({ name: 'h', buckets: [1], ...quiet });
  moody.mood = mood;
  const shared = [counter, gauge, histogram].map((one) =>
    moveToHeap(one[ROSTER], 't', 1, moody.storage),
  );
  return { moody, counter, gauge, histogram, shared };
}

const HISTOGRAM = (one: number, all: number, sum: number) =>
  `# HELP h h\n# TYPE h histogram\nh_bucket{le="1"} ${one}\nh_bucket{le="+Inf"} ${all}\n` +
  `h_sum ${sum}\nh_count ${all}\n`;
const GAUGE = (value: number) => `# HELP g h\n# TYPE g gauge\ng ${value}\n\n`;
const COUNTER = (...lines: string[]) =>
  `${['# HELP c h', '# TYPE c counter', ...lines].join('\n')}\n\n`;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

test('a client from heap.load() stores its metrics in a segment', async () => {
  const client = await heap.load();
  const path = newSegment();
  client.configure({ segment: path });
  expect(existsSync(path)).toBe(false);
  new client.Counter({ name: 'c', help: 'h' }).inc();
  expect(existsSync(path)).toBe(true);
});

describe('a busy heap', () => {
  test('gets the updates later, and only once', async () => {
    const { moody, counter, gauge, histogram } = setUp(Status.Busy);
    const child = counter.labels('x');
    child.inc(2);
    counter.inc({ a: 'x' }, 3);
    gauge.set(7);
    histogram.observe(0.5);
    histogram.observe(2);
    expect(await moody.text()).toBe('\n');
    moody.storage.flush();
    expect(await moody.text()).toBe('\n');
    moody.mood = Status.Ok;
    moody.storage.flush();
    const all = COUNTER('c{a="x"} 5') + GAUGE(7) + HISTOGRAM(1, 2, 2.5);
    expect(await moody.text()).toBe(all);
    moody.storage.flush();
    child.inc();
    expect(await moody.text()).toBe(all.replace('} 5', '} 6'));
  });

  test('is tried again by a timer and at exit; only while there is a backlog, there is a listener for exit', async () => {
    vi.useFakeTimers();
    const before = process.listenerCount('exit');
    const { moody, counter } = setUp();
    moody.mood = Status.Busy;
    counter.inc({ a: 'x' });
    expect(process.listenerCount('exit')).toBe(before + 1);
    vi.advanceTimersByTime(10_000);
    expect(process.listenerCount('exit')).toBe(before + 1);
    moody.mood = Status.Ok;
    vi.advanceTimersByTime(10_000);
    expect(process.listenerCount('exit')).toBe(before);
    moody.mood = Status.Busy;
    counter.inc({ a: 'y' });
    moody.mood = Status.Ok;
    process.listeners('exit').at(-1)!(0);
    expect(process.listenerCount('exit')).toBe(before);
    expect(await moody.text()).toContain(COUNTER('c{a="x"} 1', 'c{a="y"} 1'));
  });

  test('hides a removed series at once, and removes it later', async () => {
    const { moody, counter } = setUp();
    counter.inc({ a: 'x' }, 5);
    counter.inc({ a: 'y' }, 5);
    moody.mood = Status.Busy;
    counter.remove('x');
    expect(await moody.text()).toContain(COUNTER('c{a="y"} 5'));
    moody.mood = Status.Ok;
    moody.storage.flush();
    counter.inc({ a: 'x' });
    expect(await moody.text()).toContain(COUNTER('c{a="y"} 5', 'c{a="x"} 1'));
  });
});

describe('a full heap', () => {
  test.each([Status.Full, Status.Limit])(
    'refuses new series, and is not asked for each update: status %i',
    async (mood) => {
      vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
      const { moody, counter } = setUp();
      counter.inc({ a: 'old' });
      moody.mood = mood;
      moody.binds = 0;
      const child = counter.labels('child');
      for (let i = 0; i < 100_000; i++) {
        counter.inc({ a: `random ${i}` });
        child.inc();
      }
      expect(moody.binds).toBeLessThan(300);
      expect(counter[ROSTER].handles()).toHaveLength(1);
      counter.inc({ a: 'old' });
      expect(await moody.text()).toContain(COUNTER('c{a="old"} 2'));
      moody.mood = Status.Ok;
      // After a removal there may be room, so the heap is asked about new series again.
      counter.remove('none');
      // A scrape first stores the count of dropped updates in the heap.
      await counter.get();
      // 100,000 updates of random series, and as many of the child.
      expect(moody.dropped).toBe(200_000);
      counter.inc({ a: 'new' });
      child.inc();
      expect(await moody.text()).toContain(
        COUNTER('c{a="old"} 2', 'c{a="new"} 1', 'c{a="child"} 1'),
      );
    },
  );
});

test('after labels that are too long for the heap, series with shorter ones are still made', async () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const { moody, counter } = setUp();
  counter.inc({ a: 'x'.repeat(70_000) });
  for (let i = 0; i < 100; i++) counter.inc({ a: `short ${i}` });
  counter.inc({ a: 'y'.repeat(70_000) });
  expect((await moody.text()).match(/^c\{a="short \d+"\} 1$/gm)).toHaveLength(100);
  expect(counter[ROSTER].handles()).toHaveLength(100);
});

test('a metric whose name is not a string is stored in the heap', async () => {
  const moody = new MoodyHeap();
  const odd = { name: ['odd'], help: 'h', registers: [] };
  const gauge = new Gauge(any(odd));
  expect(moveToHeap(gauge[ROSTER], 't', 1, moody.storage)).toBe(true);
  gauge.set(3);
  expect(await moody.text()).toBe('# HELP odd h\n# TYPE odd gauge\nodd 3\n');
});

test('default labels that are too long for the heap are left out, with a warning', async () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const client = await heap.load();
  client.register.setDefaultLabels({ app: 'x'.repeat(70_000) });
  new client.Counter({ name: 'c', help: 'h' }).inc();
  expect(await client.register.metrics()).toBe('# HELP c h\n# TYPE c counter\nc 1\n');
  expect(warning).toHaveBeenCalledOnce();
  expect(warning.mock.calls[0]![0]).toContain('default labels');
});

test('series that differ in default labels only are one series where default labels are not shown', async () => {
  const segment = newSegment();
  const clients = [await heap.load(), await heap.load()] as const;
  const values: Record<string, number[]> = {};
  for (const [i, client] of clients.entries()) {
    client.configure({ segment });
    client.register.setDefaultLabels({ worker: i });
    const labelNames = ['a', 'b'];
    new client.Counter({ name: 'c', help: 'h', labelNames }).inc({ a: 'x', b: 'y' }, i + 2);
    new client.Histogram({ name: 'h', help: 'h', buckets: [1] }).observe(i + 1);
    for (const aggregator of ['sum', 'min', 'max', 'average', 'first', 'omit'] as const) {
      new client.Gauge({ name: aggregator, help: 'h', aggregator }).set(i + 2);
    }
  }
  const [{ register, Registry }] = clients;
  for (const metric of register.getMetricsAsArray()) {
    const rows = (await metric.get()) as { name: string; values: { value: number }[] };
    values[rows.name] = rows.values.map(({ value }) => value);
  }
  const gauges = { sum: [5], min: [2], max: [3], average: [2.5], first: [2], omit: [] };
  expect(values).toEqual({ c: [5], h: [1, 2, 3, 2], ...gauges });
  expect(await Registry.merge([register]).metrics()).toContain('\nc{a="x",b="y"} 5\n');
  expect(await register.metrics()).toContain('c{a="x",b="y",worker="1"} 3');
});

describe('a lost writer', () => {
  test('is replaced; its counts stay, and the new writer takes over its gauges', async () => {
    const { moody, counter, gauge, histogram } = setUp();
    counter.inc({ a: 'x' }, 5);
    gauge.set(3);
    histogram.observe(1);
    const child = counter.labels('x');
    moody.mood = Status.Lost;
    const before = moody.writers;
    counter.inc({ a: 'other' });
    expect(moody.writers).toBeGreaterThan(before);
    moody.mood = Status.Ok;
    moody.storage.flush();
    child.inc();
    histogram.observe(2);
    // The slot is not really lost here: the new writer has the same slot, and counts on in the old writer's blocks.
    expect(await moody.text()).toBe(
      COUNTER('c{a="x"} 6', 'c{a="other"} 1') + GAUGE(3) + HISTOGRAM(1, 2, 3),
    );
  });
});

describe('a segment that was removed', () => {
  test('is made again, with all updates of this process', async () => {
    const { moody, counter, gauge, histogram } = setUp();
    counter.inc({ a: 'x' }, 5);
    gauge.set(3);
    histogram.observe(1);
    moody.retired = true;
    expect(moody.storage.open(false)).toBe(true);
    moody.storage.flush();
    counter.inc({ a: 'x' });
    const text = await moody.text();
    expect(text).toContain(COUNTER('c{a="x"} 6'));
    expect(text).toContain(GAUGE(3));
    expect(text).toContain(HISTOGRAM(1, 1, 1));
  });
});

test('the wait for a copy of the segment ends after enough checks that find none, even if a check takes no time', () => {
  const patience = new Patience();
  const pause = (milliseconds: number) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
  };
  // This check takes longer than the whole wait may last. But it finds the copy, so the wait does not end.
  patience.spend(() => {
    pause(1_100);
    return true;
  });
  expect(patience.over).toBe(false);
  let looks = 0;
  while (!patience.over) patience.spend(() => ++looks === 0);
  expect(looks).toBeGreaterThan(1);
  patience.renew();
  expect(patience.over).toBe(false);
});

describe('a broken heap', () => {
  test('is given up: metrics go on in memory storage with their values, after one warning', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const { moody, counter, gauge, histogram } = setUp();
    counter.inc({ a: 'x' }, 5);
    gauge.set(3);
    histogram.observe(1);
    moody.mood = Status.Corrupt;
    counter.inc({ a: 'y' });
    moody.mood = Status.Ok;
    counter.inc({ a: 'x' });
    histogram.observe(2);
    expect(warn).toHaveBeenCalledOnce();
    expect([counter, gauge, histogram].map((one) => one[ROSTER].family.others)).toEqual([
      null,
      null,
      null,
    ]);
    expect((await counter.get()).values.map(({ value }) => value)).toEqual([6, 1]);
    expect((await gauge.get()).values.map(({ value }) => value)).toEqual([3]);
    expect((await histogram.get()).values.map(({ value }) => value)).toEqual([1, 2, 3, 2]);
    expect(moody.storage.open(true)).toBe(false);
  });

  test('does not make inc() throw when it cannot be opened', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const moody = new MoodyHeap();
    moody.failure = new Error('no such luck');
    const counter = new Counter({ name: 'c', ...quiet });
    expect(moveToHeap(counter[ROSTER], 't', 1, moody.storage)).toBe(false);
    counter.inc();
    expect((await counter.get()).values).toEqual([{ value: 1, labels: {} }]);
  });
});

describe('counts of a dead writer in an adopted block', () => {
  function adopted() {
    const moody = new MoodyHeap();
    moody.onBind = (writer, out) => {
      new Float64Array(writer.slab(out[Out.Slab]!))[out[Out.Cell]!]! += 100;
      out[Out.Flags] = 1;
    };
    const counter = new Counter({ name: 'c', ...quiet });
    moveToHeap(counter[ROSTER], 't', 1, moody.storage);
    moody.onBind = null;
    return { moody, counter };
  }

  test('are not reset', async () => {
    const { moody, counter } = adopted();
    counter.inc(5);
    expect(await moody.text()).toContain('\nc 105\n');
    counter.reset();
    expect(await moody.text()).toContain('\nc 100\n');
    counter.inc(2);
    expect(await moody.text()).toContain('\nc 102\n');
  });

  test('do not move to memory storage when the metric leaves its registry', async () => {
    const { counter } = adopted();
    counter.inc(5);
    moveToMemory(counter[ROSTER]);
    expect((await counter.get()).values).toEqual([{ value: 5, labels: {} }]);
  });
});

test('a series removed by another process is counted from zero, in a new block', async () => {
  const { moody, counter } = setUp();
  const child = counter.labels('x');
  child.inc(5);
  const other = moody.real.writer(0);
  const spec = {
    tag: 't',
    name: 'c',
    help: 'h',
    type: 'counter' as const,
    aggregator: 'sum',
    labelNames: ['a'],
    states: [],
  };
  const family = other.family({ ...spec, numbers: new Float64Array() }, 1);
  expect(other.remove(family, 'a="x"', '')).toBe(Status.Ok);
  expect(await moody.text()).not.toContain('a="x"');
  child.inc();
  counter.inc({ a: 'x' });
  expect(await moody.text()).toContain(COUNTER('c{a="x"} 2'));
});

test('removed series do not stay in the label tree', () => {
  const { counter } = setUp();
  for (let i = 0; i < 20_000; i++) {
    counter.inc({ a: i });
    counter.remove({ a: i });
    counter.labels({ a: `never updated ${i}` });
  }
  expect(counter[ROSTER].handles().length).toBeLessThan(3_000);
});
