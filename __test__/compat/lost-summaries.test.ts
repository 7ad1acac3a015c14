/** A summary keeps its observations if its series expires, its slot is lost, or it adopts a dead writer's block. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { Out, Status, type NativeWriter } from '../../ts/native';
import { ROSTER } from '../../ts/metrics';
import { moveToHeap, moveToMemory } from '../../ts/storage';
import { MoodyHeap } from '../support/moody-heap';
import { expected, made, other, own, setUp, shown, START } from '../support/moody-summary';

function near(found: number, wanted: number): void {
  expect(Math.abs(found - wanted)).toBeLessThanOrEqual(0.0109 * Math.abs(wanted));
}

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

// On the other update paths the counts of an expired series cannot be kept: docs/CONCURRENCY.md.
const direct = process.env['MPMETRICS_CELLS'] === 'direct' ? describe : null;

direct?.('a series keeps its observations if it expires', () => {
  test.each(['before', 'when'])('%s the heap is asked for buckets', async (moment) => {
    const { moody, summary } = setUp({ ttlSeconds: 60 });
    summary.observe({ a: 'x' }, 1000);
    const { expire } = other(moody, summary);
    let expired = false;
    const once = (): boolean => {
      if (!expired) expect(expire('x')).toBe(1);
      expired = true;
      return false;
    };
    if (moment === 'before')
      vi.spyOn(moody.storage.backlog, 'busy', 'get').mockImplementation(once);
    else moody.onBuckets = once;
    for (const value of [5, 1]) summary.observe({ a: 'x' }, value);
    vi.spyOn(moody.storage.backlog, 'busy', 'get').mockRestore();
    moody.storage.flush();
    summary.observe({ a: 'x' }, 5);
    expect(expired).toBe(true);
    expect(await shown(moody)).toEqual(await expected(1000, 5, 1, 5));
    await summary.get();
    expect(moody.unranked).toBe(0);
  });

  test('when pending buckets move into the heap', async () => {
    const { moody, summary } = setUp({ ttlSeconds: 60 });
    summary.observe({ a: 'x' }, 1000);
    const { expire } = other(moody, summary);
    moody.mood = Status.Busy;
    for (const value of [5, 5, 5, 1]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Ok;
    moody.onBuckets = () => {
      moody.onBuckets = null;
      expect(expire('x')).toBe(1);
    };
    moody.storage.flush();
    summary.observe({ a: 'x' }, 1000);
    moody.storage.flush();
    expect(await shown(moody)).toEqual(await expected(1000, 5, 5, 5, 1, 1000));
    await summary.get();
    expect(moody.unranked).toBe(0);
  });

  test('while the series moves into the heap', async () => {
    const { moody, summary } = setUp({ ttlSeconds: 60 });
    const { expire } = other(moody, summary);
    moody.mood = Status.Busy;
    for (const value of [1000, 5, 1]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Ok;
    moody.onBuckets = () => {
      moody.onBuckets = null;
      expect(expire('x')).toBe(1);
    };
    moody.storage.flush();
    moody.storage.flush();
    expect(await shown(moody)).toEqual(await expected(1000, 5, 1));
  });

  test('when its metric leaves the heap', async () => {
    const { moody, summary } = setUp({ ttlSeconds: 60 });
    for (const value of [1000, 5, 1]) summary.observe({ a: 'x' }, value);
    expect(other(moody, summary).expire('x')).toBe(1);
    moveToMemory(summary[ROSTER]);
    expect(await own(summary)).toEqual(await expected(1000, 5, 1));
  });

  test('while its metric moves into the heap', async () => {
    const moody = new MoodyHeap();
    const summary = made({ ttlSeconds: 60 });
    for (const value of [1000, 5, 1]) summary.observe({ a: 'x' }, value);
    const { expire } = other(moody, summary);
    moody.onBuckets = () => {
      moody.onBuckets = null;
      expect(expire('x')).toBe(1);
    };
    moveToHeap(summary[ROSTER], 't', 1, moody.storage);
    expect(await shown(moody)).toEqual(await expected(1000, 5, 1));
  });
});

test('if the slot is lost while a pending series moves into the heap, the new writer gets all of it', async () => {
  const { moody, summary } = setUp();
  moody.mood = Status.Busy;
  for (const value of [1, 5, 90, 90]) summary.observe({ a: 'x' }, value);
  moody.mood = Status.Ok;
  let left = 1;
  moody.onBuckets = () => {
    moody.mood = left-- === 0 ? Status.Lost : Status.Ok;
  };
  moody.storage.flush();
  moody.onBuckets = null;
  moody.mood = Status.Ok;
  moody.storage.flush();
  expect(await shown(moody)).toEqual(await expected(1, 5, 90, 90));
});

describe('counts of a dead writer in an adopted block', () => {
  function adopted() {
    const moody = new MoodyHeap();
    moody.onBind = (writer: NativeWriter, out) => {
      const block = [Out.Slab, Out.Cell, Out.Series, Out.Generation].map((word) => out[word]!);
      for (const value of [2 ** -10, 4, 900]) {
        const [slab, cell, series, generation] = block as [number, number, number, number];
        expect(writer.summarise(slab, cell, series, generation, value, 1, 0, 1, 0)).toBe(Status.Ok);
      }
      out[Out.Flags] = 1;
    };
    const summary = made();
    moveToHeap(summary[ROSTER], 't', 1, moody.storage);
    return { moody, summary };
  }

  test('are not reset', async () => {
    const { moody, summary } = adopted();
    for (const value of [5, 6, 7000]) summary.observe({ a: 'x' }, value);
    expect(await shown(moody)).toEqual(await expected(2 ** -10, 4, 900, 5, 6, 7000));
    summary.reset();
    expect(await shown(moody)).toEqual(await expected(2 ** -10, 4, 900));
    summary.observe({ a: 'x' }, 5);
    expect(await shown(moody)).toEqual(await expected(2 ** -10, 4, 900, 5));
  });

  test.each([[[5, 6]], [[2 ** -13, 5, 7000]], [[-5, 0, -7]], [[0]], [[]]])(
    'do not move to memory storage when the metric leaves its registry: %j',
    async (values) => {
      const { summary } = adopted();
      summary.observe({ a: 'x' }, 1);
      summary.reset();
      for (const value of values) summary.observe({ a: 'x' }, value);
      moveToMemory(summary[ROSTER]);
      const [found, wanted] = [await own(summary), await expected(...values)];
      expect(found.slice(0, 2)).toEqual([values.length, values.reduce((a, b) => a + b, 0)]);
      found.slice(2).forEach((quantile, i) => {
        near(quantile, wanted[i + 2] ?? 0);
      });
    },
  );
});
