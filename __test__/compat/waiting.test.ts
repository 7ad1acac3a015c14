/** The backlog: when its calls are tried again, and how often the heap lock is taken for them. */
import { afterEach, expect, test, vi } from 'vitest';

import { Counter, ROSTER, Summary } from '../../ts/metrics';
import { Status } from '../../ts/native';
import { moveToHeap } from '../../ts/storage';
import { MoodyHeap } from '../support/moody-heap';
import { until } from '../support/patience.mjs';
import { samples } from '../support/samples';

const OPTIONS = { help: 'h', labelNames: ['a' as const], registers: [] };

function inHeap<M extends Counter<'a'> | Summary<'a'>>(moody: MoodyHeap, metric: M): M {
  moveToHeap(metric[ROSTER], 't', 1, moody.storage);
  return metric;
}

// Saved here, because fake timers replace it.
const now = performance.now.bind(performance);

function spin(milliseconds: number): void {
  const end = now() + milliseconds;
  while (now() < end);
}

afterEach(() => {
  vi.useRealTimers();
});

test('a series that becomes pending during a try is bound in the same try', async () => {
  vi.useFakeTimers();
  const moody = new MoodyHeap();
  const one = inHeap(moody, new Counter({ name: 'one', ...OPTIONS }));
  const two = inHeap(moody, new Counter({ name: 'two', ...OPTIONS }));
  moody.mood = Status.Busy;
  for (const metric of [one, two]) metric.inc({ a: 'first' });
  moody.mood = Status.Ok;
  let calls = 0;
  moody.onBind = () => {
    // By the second call, the pending series of the first metric is bound.
    if (++calls !== 2) return;
    moody.mood = Status.Busy;
    one.inc({ a: 'late' });
    moody.mood = Status.Ok;
  };
  vi.runAllTimers();
  expect(samples(await moody.text())).toEqual(
    new Map([
      ['one{a="first"}', 1],
      ['one{a="late"}', 1],
      ['two{a="first"}', 1],
    ]),
  );
  expect(moody.storage.backlog.busy).toBe(false);
});

test('a try of the timer ends when its time is over, however many series are pending; a flush binds all of them', () => {
  vi.useFakeTimers();
  const moody = new MoodyHeap();
  const counter = inHeap(moody, new Counter({ name: 'c', ...OPTIONS }));
  const wait = () => {
    moody.mood = Status.Busy;
    for (let k = 0; k < 1_000; k++) counter.inc({ a: String(k) });
    moody.mood = Status.Ok;
    moody.binds = 0;
  };
  // Each call takes more than half of the time of a try.
  moody.onBind = () => {
    spin(11);
  };
  wait();
  vi.runOnlyPendingTimers();
  const first = moody.binds;
  expect(first).toBeGreaterThan(0);
  expect(first).toBeLessThanOrEqual(2);
  expect(moody.storage.backlog.busy).toBe(true);
  vi.runAllTimers();
  expect(moody.storage.backlog.busy).toBe(false);
  counter.resetEverywhere();
  wait();
  moody.storage.flush();
  expect(moody.storage.backlog.busy).toBe(false);
});

test('pending buckets of many series of a summary are made in groups, each under one hold of the heap lock', async () => {
  vi.useFakeTimers();
  const moody = new MoodyHeap();
  const summary = inHeap(moody, new Summary({ name: 's', percentiles: [0.5], ...OPTIONS }));
  moody.mood = Status.Busy;
  for (let k = 0; k < 500; k++) summary.observe({ a: String(k) }, 1 + k);
  moody.mood = Status.Ok;
  moody.storage.flush();
  // Each hold of the lock makes the buckets of at least two of the 500 series.
  expect(moody.turns).toBeGreaterThan(0);
  expect(moody.turns).toBeLessThanOrEqual(250);
  const seen = samples(await moody.text());
  for (let k = 0; k < 500; k++) {
    const median = seen.get(`s{quantile="0.5",a="${k}"}`)!;
    expect(Math.abs(median - (1 + k))).toBeLessThanOrEqual(0.0109 * (1 + k));
  }
});

test('series that expire are removed in groups, each under one hold of the heap lock, and stay while another process holds the lock', async () => {
  const moody = new MoodyHeap();
  const counter = inHeap(moody, new Counter({ name: 'c', ttlSeconds: 0.4, ...OPTIONS }));
  moody.mood = Status.Busy;
  counter.inc({ a: 'other' });
  moody.mood = Status.Ok;
  moody.storage.flush();
  for (let k = 0; k < 300; k++) counter.inc({ a: String(k) });
  moody.held = true;
  await until(
    () => moody.expiries > 0,
    () => 'nothing expired',
  );
  // Each check is refused once, not once for each series.
  const looks = moody.expiries;
  expect(samples(await moody.text()).size).toBe(301);
  expect(looks).toBeLessThanOrEqual(5);
  moody.held = false;
  moody.expiries = 0;
  await until(
    async () => samples(await moody.text()).size === 0,
    () => `${moody.expiries} calls`,
  );
  expect(moody.expiries).toBeLessThanOrEqual(151 + 5);
});
