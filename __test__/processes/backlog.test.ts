/** The backlog of an isolate where the heap lock is free only now and then. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Status } from '../../ts/native';
import { Backlog, type Backlogged } from '../../ts/storage/heap/backlog';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A storage with pending series. Each try binds only `atOnce` of them, as if another process then took the lock. */
class Crowded implements Backlogged {
  readonly dead = false;
  series = 0;
  /** Times of the tries, in milliseconds. */
  readonly tries: number[] = [];
  private readonly atOnce: number;

  constructor(atOnce: number) {
    this.atOnce = atOnce;
  }

  attemptTwice(call: () => Status): Status {
    return call();
  }

  waiting(): (() => Status)[] {
    const moveIn = (): Status => {
      this.tries.push(Date.now());
      this.series = Math.max(0, this.series - this.atOnce);
      return this.series === 0 ? Status.Ok : Status.Busy;
    };
    return this.series === 0 ? [] : [moveIn];
  }

  left(): number {
    return this.series;
  }

  abandon(): void {
    throw new Error('abandoned');
  }
}

test('the backlog shrinks while each try binds some series, though new ones come', () => {
  const heap = new Crowded(20);
  const backlog = new Backlog(heap);
  heap.series = 1_000;
  backlog.later();
  // 200 new series a second; each try binds 20.
  const coming = setInterval(() => {
    heap.series += 20;
    backlog.later();
  }, 100);
  vi.advanceTimersByTime(10_000);
  clearInterval(coming);
  expect(heap.series).toBeLessThanOrEqual(20);
  expect(process.listeners('exit').filter((one) => one === backlog.leave)).toHaveLength(
    backlog.busy ? 1 : 0,
  );
  vi.advanceTimersByTime(1_000);
  expect(backlog.busy).toBe(false);
  expect(process.listeners('exit')).not.toContain(backlog.leave);
});

test('pauses between tries grow while nothing can be bound, and the last try is at the exit of the process', () => {
  const heap = new Crowded(0);
  const backlog = new Backlog(heap);
  heap.series = 1;
  backlog.later();
  const began = Date.now();
  vi.advanceTimersByTime(10_000);
  const pauses = heap.tries.map((at, i) => at - (heap.tries[i - 1] ?? began));
  expect(pauses).toEqual([20, 40, 80, 160, 320, 640, 1_280, 2_000, 2_000, 2_000]);
  expect(process.listeners('exit').filter((one) => one === backlog.leave)).toHaveLength(1);
  backlog.clear();
  expect(process.listeners('exit')).not.toContain(backlog.leave);
});
