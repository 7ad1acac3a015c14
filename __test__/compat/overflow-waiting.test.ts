/** Updates of refused series while the heap lock is taken or the heap is full: totals stay right. */
import { afterEach, expect, test, vi } from 'vitest';

import { Counter, Histogram, ROSTER } from '../../ts/metrics';
import { Status } from '../../ts/native';
import { moveToHeap } from '../../ts/storage';
import { MoodyHeap } from '../support/moody-heap';

afterEach(() => {
  vi.restoreAllMocks();
});

const CONFIG = { help: 'h', registers: [], overflow: 'other' as const };

function setUp() {
  vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const moody = new MoodyHeap();
  const counter = new Counter({ name: 'c', ...CONFIG, labelNames: ['a'], maxSeries: 3 });
  const histogram = new Histogram({
    name: 'h',
    ...CONFIG,
    labelNames: ['a'],
    maxSeries: 3,
    buckets: [1],
  });
  for (const metric of [counter, histogram]) moveToHeap(metric[ROSTER], 't', 1, moody.storage);
  const lines = async () => (await moody.text()).split('\n').filter((line) => /^[ch]/.test(line));
  return { moody, counter, histogram, lines };
}

test('if pending series are refused when the lock is free, their updates count in the series `other`', async () => {
  const { moody, counter, histogram, lines } = setUp();
  moody.mood = Status.Busy;
  for (let a = 0; a < 5; a++) {
    counter.inc({ a });
    counter.labels(a).inc(10);
    histogram.observe({ a }, a);
  }
  moody.mood = Status.Ok;
  moody.storage.flush();
  counter.inc({ a: 4 }, 100);
  expect(await lines()).toEqual([
    'c{a="other"} 133',
    'c{a="0"} 11',
    'c{a="1"} 11',
    ...['h_bucket{le="1",a="other"} 0', 'h_bucket{le="+Inf",a="other"} 3'],
    ...['h_sum{a="other"} 9', 'h_count{a="other"} 3'],
    ...['h_bucket{le="1",a="0"} 1', 'h_bucket{le="+Inf",a="0"} 1'],
    ...['h_sum{a="0"} 0', 'h_count{a="0"} 1'],
    ...['h_bucket{le="1",a="1"} 1', 'h_bucket{le="+Inf",a="1"} 1'],
    ...['h_sum{a="1"} 1', 'h_count{a="1"} 1'],
  ]);
  expect(moody.dropped).toBe(0);
});

test('updates of series for which the heap is full count in the series `other`; no update is lost when the writer gets another slot', async () => {
  const { moody, counter, lines } = setUp();
  counter.inc({ a: 'x' });
  moody.mood = Status.Full;
  const child = counter.labels('y');
  child.inc(2);
  counter.inc({ a: 'z' }, 4);
  expect((await lines()).slice(0, 2)).toEqual(['c{a="other"} 6', 'c{a="x"} 1']);
  moody.mood = Status.Ok;
  moody.storage.renew();
  child.inc(8);
  counter.inc({ a: 'x' });
  moody.storage.flush();
  const sum = (await lines())
    .filter((line) => line.startsWith('c'))
    .reduce((all, line) => all + Number(line.split(' ')[1]), 0);
  expect(sum).toBe(6 + 1 + 8 + 1);
});

test('updates of more series than may be pending count in the series `other`', async () => {
  const { moody, counter, lines } = setUp();
  const free = new Counter({ name: 'free', ...CONFIG, labelNames: ['a'] });
  moveToHeap(free[ROSTER], 't', 1, moody.storage);
  moody.mood = Status.Busy;
  for (let a = 0; a < 10_005; a++) free.inc({ a });
  counter.inc({ a: 'x' });
  moody.mood = Status.Ok;
  moody.storage.flush();
  expect(await lines()).toContain('c{a="x"} 1');
  const all = (await moody.text()).match(/^free\{.*$/gm)!;
  expect(all.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)).toBe(10_005);
  expect(all[0]).toBe('free{a="other"} 5');
  expect(moody.dropped).toBe(0);
});

test('if the series `other` cannot be made either, updates are counted as dropped, without a native call for each', () => {
  const { moody, counter } = setUp();
  counter.inc({ a: 'x' });
  counter.remove({ a: 'other' });
  moody.mood = Status.Full;
  const binds = moody.binds;
  const dropped = moody.dropped;
  for (let a = 0; a < 100; a++) counter.inc({ a });
  expect(moody.binds - binds).toBeLessThan(10);
  moody.storage.tally.tell();
  expect(moody.dropped - dropped).toBeGreaterThanOrEqual(100);
});

test('to count the values of a label, only the series that were made since the last count are read', async () => {
  vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const moody = new MoodyHeap();
  const counter = new Counter({
    name: 'c',
    help: 'h',
    registers: [],
    labelNames: ['a', 'b'],
    maxLabelValues: { a: 100 },
  });
  moveToHeap(counter[ROSTER], 't', 1, moody.storage);
  for (let a = 0; a < 60; a++) for (let b = 0; b < 3; b++) counter.inc({ a, b });
  // Each value is read once, although three series have it.
  expect(moody.valuesRead).toBeLessThanOrEqual(60);
  for (let a = 60; a < 200; a++) counter.inc({ a, b: 0 });
  expect(moody.valuesRead).toBeLessThanOrEqual(100);
  expect(await moody.text()).toContain('c{a="other",b="0"} 100');
});
