/** Buckets of summaries when the heap lock is taken, the heap is full or damaged, or the slot is lost. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { Status } from '../../ts/native';
import { ROSTER } from '../../ts/metrics';
import { expected, other, own, setUp, shown, START } from '../support/moody-summary';

const PRUNED = { maxAgeSeconds: 60, ageBuckets: 5, pruneAgedBuckets: true };

/** Warnings of all tests, because each is emitted once in a process. */
const warnings: string[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a busy heap', () => {
  test('gets count, sum, smallest and largest value at once, and the buckets later, and only once', async () => {
    const { moody, summary } = setUp();
    const child = summary.labels('x');
    child.observe(1);
    moody.mood = Status.Busy;
    for (const value of [5, 0, 6, 700, -3]) child.observe(value);
    const early = (await shown(moody))!;
    // The median comes from the observations that have buckets in the heap; the smallest and largest value are exact.
    expect(early).toEqual([6, 709, -3, expect.any(Number), 700]);
    moody.storage.flush();
    expect(await shown(moody)).toEqual(early);
    child.observe(6);
    moody.mood = Status.Ok;
    moody.storage.flush();
    expect(await shown(moody)).toEqual(await expected(1, 5, 0, 6, 700, -3, 6));
    moody.storage.flush();
    const { bucketCalls } = moody;
    child.observe(5);
    summary.observe({ a: 'x' }, 700);
    expect(await shown(moody)).toEqual(await expected(1, 5, 0, 6, 700, -3, 6, 5, 700));
    expect([moody.bucketCalls, moody.unranked]).toEqual([bucketCalls, 0]);
    expect(warnings).toEqual([]);
  });

  test('is asked for buckets only once, however many octaves are observed', () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    const { bucketCalls } = moody;
    for (let power = 1; power < 100; power++) summary.observe({ a: 'x' }, 2 ** power);
    expect(moody.bucketCalls).toBe(bucketCalls + 1);
  });

  test('gets the buckets by a timer, or at exit', async () => {
    const before = process.listenerCount('exit');
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    summary.observe({ a: 'x' }, 50);
    vi.advanceTimersByTime(10_000);
    expect(process.listenerCount('exit')).toBe(before + 1);
    moody.mood = Status.Ok;
    vi.advanceTimersByTime(10_000);
    expect(process.listenerCount('exit')).toBe(before);
    expect(await shown(moody)).toEqual(await expected(1, 50));
    moody.mood = Status.Busy;
    summary.observe({ a: 'x' }, 900);
    moody.mood = Status.Ok;
    process.listeners('exit').at(-1)!(0);
    expect(process.listenerCount('exit')).toBe(before);
    expect(await shown(moody)).toEqual(await expected(1, 50, 900));
  });

  test('gets no buckets of series that were reset or removed meanwhile', async () => {
    const { moody, summary } = setUp();
    for (const a of ['x', 'y', 'z']) summary.observe({ a }, 1);
    moody.mood = Status.Busy;
    for (const a of ['x', 'y', 'z']) summary.observe({ a }, 50);
    summary.reset();
    summary.observe({ a: 'x' }, 60);
    expect(other(moody, summary).remove('y')).toBe(Status.Ok);
    moody.mood = Status.Ok;
    moody.storage.flush();
    expect(await shown(moody, 'x')).toEqual(await expected(60));
    expect(await shown(moody, 'y')).toBe(null);
    expect(await shown(moody, 'z')).toEqual([0, 0, 0, 0, 0]);
    summary.observe({ a: 'y' }, 3);
    expect(await shown(moody, 'y')).toEqual(await expected(3));
    expect(moody.unranked).toBe(0);
  });
});

describe('a series without buckets in the heap', () => {
  test.each([Status.Busy, Status.Full])('is not pruned as idle: status %i', async (mood) => {
    const { moody, summary } = setUp(PRUNED);
    moody.onBind = () => (moody.mood = mood);
    for (let i = 0; i < 5; i++) summary.observe({ a: 'x' }, 3);
    // A scrape removes series without an observation in the window.
    expect((await shown(moody))?.slice(0, 2)).toEqual([5, 15]);
    summary.observe({ a: 'x' }, 3);
    moody.mood = Status.Ok;
    moody.storage.flush();
    expect((await shown(moody))?.slice(0, 2)).toEqual([6, 18]);
    vi.setSystemTime(START + 3_600_000);
    expect(await shown(moody)).toBe(null);
    expect(await shown(moody)).toBe(null);
    moody.onBind = null;
    summary.observe({ a: 'x' }, 4);
    expect((await shown(moody))?.slice(0, 2)).toEqual([1, 4]);
  });
});

describe('a full heap', () => {
  test('gets the counts, causes one warning about missing quantiles, and is asked again now and then', async () => {
    const { moody, summary } = setUp();
    const child = summary.labels('x');
    child.observe(1);
    moody.mood = Status.Full;
    moody.bucketCalls = 0;
    for (let i = 0; i < 500; i++) {
      child.observe(5);
      summary.observe({ a: 'x' }, 1);
    }
    expect(moody.bucketCalls).toBe(1);
    expect(await shown(moody)).toEqual([1001, 3001, 1, 1, 5]);
    moody.mood = Status.Ok;
    // The heap refused a bucket once. The series asks again only after 1024 more observations without a bucket. 499 of
    // them were made above, and the loop makes the others.
    for (let i = 499; i < 1024; i++) child.observe(5);
    expect(moody.bucketCalls).toBe(1);
    for (let i = 0; i < 10_000; i++) child.observe(5);
    expect(moody.bucketCalls).toBe(2);
    expect((await shown(moody))!.slice(2)).toEqual((await expected(1, 5, 5, 5, 5)).slice(2));
    await summary.get();
    expect(moody.unranked).toBe(1025);
    expect(moody.real.stats().unrankedObservations).toBe(1025);
    expect(warnings.filter((text) => text.includes('(the first summary was s)'))).toHaveLength(1);
  });

  test('gets the number of unranked observations at exit, or after a second', () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Full;
    const before = process.listenerCount('exit');
    for (let i = 0; i < 7; i++) summary.observe({ a: 'x' }, 5);
    expect(moody.unranked).toBe(0);
    process.listeners('exit').at(-1)!(0);
    expect(moody.unranked).toBe(7);
    summary.observe({ a: 'x' }, 5);
    vi.advanceTimersByTime(1_000);
    expect(moody.unranked).toBe(8);
    expect(process.listenerCount('exit')).toBe(before);
  });

  test('drops the buckets that became pending while its lock was taken', async () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    for (const value of [5, 5, 90]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Full;
    moody.storage.flush();
    moody.mood = Status.Ok;
    expect(await shown(moody)).toEqual([4, 101, 1, 1, 90]);
    await summary.get();
    expect(moody.unranked).toBe(3);
    // From here on there is room.
    for (let i = 0; i < 5; i++) summary.observe({ a: 'x' }, 5);
    expect((await shown(moody))![3]).toBe((await expected(1, 5, 5, 5, 90))[3]);
  });
});

describe('a lost writer', () => {
  test('is replaced; its counts stay, and the new writer goes on with its buckets', async () => {
    const { moody, summary } = setUp();
    const child = summary.labels('x');
    for (const value of [1, 5]) child.observe(value);
    const before = moody.writers;
    moody.mood = Status.Lost;
    child.observe(90);
    expect(moody.writers).toBeGreaterThan(before);
    moody.mood = Status.Ok;
    moody.storage.flush();
    child.observe(5);
    // In this test the slot is not really lost, so the new writer finds the blocks of the old one.
    expect(await shown(moody)).toEqual(await expected(1, 5, 90, 5));
  });

  test('drops its pending buckets, and counts their observations as unranked', async () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    for (const value of [5, 5, 90]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Lost;
    moody.storage.flush();
    moody.mood = Status.Ok;
    moody.storage.flush();
    expect((await shown(moody))!.slice(0, 2)).toEqual([4, 101]);
    await summary.get();
    expect(moody.unranked).toBe(3);
  });
});

describe('a segment that was removed', () => {
  test('is made again, with all buckets, including pending ones', async () => {
    const { moody, summary } = setUp();
    for (const value of [1, 5]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Busy;
    summary.observe({ a: 'x' }, 90);
    moody.mood = Status.Ok;
    moody.retired = true;
    expect(moody.storage.open(false)).toBe(true);
    summary.observe({ a: 'x' }, 5);
    moody.storage.flush();
    expect(await shown(moody)).toEqual(await expected(1, 5, 90, 5));
    expect(moody.unranked).toBe(0);
  });

  test('is made again while a pending series moves into it', async () => {
    const { moody, summary } = setUp();
    moody.mood = Status.Busy;
    for (const value of [1, 5]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Ok;
    moody.onBuckets = () => {
      moody.retired = true;
      moody.mood = Status.Lost;
    };
    moody.storage.flush();
    moody.mood = Status.Ok;
    moody.onBuckets = null;
    moody.storage.flush();
    summary.observe({ a: 'x' }, 90);
    expect(await shown(moody)).toEqual(await expected(1, 5, 90));
  });

  test('is made again in the middle of an observation', async () => {
    const { moody, summary } = setUp();
    for (const value of [1, 5]) summary.observe({ a: 'x' }, value);
    moody.onBuckets = () => {
      moody.retired = true;
      moody.mood = Status.Lost;
    };
    summary.observe({ a: 'x' }, 90);
    moody.mood = Status.Ok;
    moody.onBuckets = null;
    moody.storage.flush();
    summary.observe({ a: 'x' }, 90);
    expect(await shown(moody)).toEqual(await expected(1, 5, 90, 90));
  });
});

describe('a broken heap', () => {
  test('is given up in the middle of an observation, with one warning, and all values stay', async () => {
    const { moody, summary } = setUp();
    for (const value of [1, 5]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Corrupt;
    summary.observe({ a: 'x' }, 90);
    summary.observe({ a: 'x' }, 5);
    expect(summary[ROSTER].family.others).toBeNull();
    expect(await own(summary)).toEqual(await expected(1, 5, 90, 5));
    expect(warnings.filter((text) => text.includes('in its own memory'))).toHaveLength(1);
  });

  test('is given up when pending buckets are to move into it, and all values stay', async () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    for (const value of [5, 90]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Corrupt;
    moody.storage.flush();
    expect(summary[ROSTER].family.others).toBeNull();
    expect(await own(summary)).toEqual(await expected(1, 5, 90));
  });

  test('is given up while a pending series moves into it, and all values stay', async () => {
    const { moody, summary } = setUp();
    moody.mood = Status.Busy;
    for (const value of [1, 5, 90, 90]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Ok;
    // The buckets of the first octave are made, and the next call fails.
    let left = 1;
    moody.onBuckets = () => {
      if (left-- === 0) moody.mood = Status.Corrupt;
    };
    moody.storage.flush();
    expect(summary[ROSTER].family.others).toBeNull();
    expect(await own(summary)).toEqual(await expected(1, 5, 90, 90));
  });
});
