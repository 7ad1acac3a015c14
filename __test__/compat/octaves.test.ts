/** A summary that observes values of any magnitude keeps 64 octaves, in each storage and on each update path. */
import { afterEach, describe, expect, test } from 'vitest';

import { ROSTER, Summary } from '../../ts/metrics';
import { CELLS, KEPT, memoryFigures, middleOf, moveToHeap, moveToMemory } from '../../ts/storage';
import { MoodyHeap } from '../support/moody-heap';

/** All powers of two that are doubles, with both signs. Each has the largest magnitude of its octave. */
const HOSTILE = Array.from({ length: 2098 }, (_, n) => 2 ** (n - 1074)).flatMap((v) => [v, -v]);

interface Storage {
  readonly summary: Summary;
  /** How many observations were counted in the nearest bucket instead of their own. */
  readonly clamped: () => Promise<number>;
  readonly bytes: () => number;
  readonly end: () => void;
}

const made = (options: object) =>
  new Summary({ name: 's', help: 'h', percentiles: [0, 0.5, 1], registers: [], ...options });

function inMemory(options: object): Storage {
  const before = memoryFigures.clampedObservations;
  const clamped = () => Promise.resolve(memoryFigures.clampedObservations - before);
  return { summary: made(options), clamped, bytes: () => 0, end: () => undefined };
}

function inHeap(options: object): Storage {
  const moody = new MoodyHeap();
  const summary = made(options);
  moveToHeap(summary[ROSTER], 't', 1, moody.storage);
  const clamped = async () => {
    // A scrape stores the number of clamped observations in the heap.
    await summary.get();
    return moody.real.stats().clampedObservations;
  };
  const bytes = () => moody.real.stats().usedBytes;
  const end = () => {
    moveToMemory(summary[ROSTER]);
  };
  return { summary, clamped, bytes, end };
}

const cells = process.env['MPMETRICS_CELLS'];
let end = (): void => undefined;
afterEach(() => {
  end();
  process.env['MPMETRICS_CELLS'] = cells;
});

async function look(summary: Summary): Promise<number[]> {
  return (await summary.get()).values.map(({ value }) => value);
}

const WINDOW = { maxAgeSeconds: 86_400, ageBuckets: 5 };

describe.each(['memory', 'direct', 'ordered', 'native'])('%s', (way) => {
  function setUp(options: object = {}): Storage {
    if (way !== 'memory') process.env['MPMETRICS_CELLS'] = way;
    const storage = way === 'memory' ? inMemory(options) : inHeap(options);
    ({ end } = storage);
    return storage;
  }

  test.each([
    ['without a window', {}, 32_768],
    ['with a window', WINDOW, 131_072],
  ])('a value of each octave of doubles, %s', async (_, options, most) => {
    const { summary, clamped, bytes } = setUp(options);
    summary.observe(1);
    const before = bytes();
    for (const value of HOSTILE) summary.observe(value);
    const [least, median, greatest, sum, count] = await look(summary);
    // The sum does not show the 1: beside the largest values, doubles round it off.
    expect([least, greatest, sum, count]).toEqual([-(2 ** 1023), 2 ** 1023, 0, 4197]);
    // The octave of 1 is kept, and the 63 that came next, which have the smallest magnitudes: the median is in one of
    // these 63.
    expect(Math.abs(median!)).toBeLessThanOrEqual(1);
    // Not clamped are one observation of each octave that is kept, and a second one of the octave of 1.
    expect(await clamped()).toBe(HOSTILE.length + 1 - KEPT - 1);
    expect(bytes() - before).toBeLessThanOrEqual(most);
  });

  test('a value outside of the octaves that are kept counts in the nearest bucket', async () => {
    const { summary, clamped } = setUp();
    // The octaves of (1, 2] to (2^63, 2^64].
    for (let power = 1; power <= KEPT; power++) summary.observe(2 ** power);
    expect(await clamped()).toBe(0);
    for (const [value, times, expected] of [
      [1e-300, 100, middleOf(1075, 0)],
      [1e300, 10_000, middleOf(1075 + 63, CELLS - 1)],
      [-1e300, 1_000_000, 0],
      // A value whose octave is kept still counts in its own bucket.
      [8, 1e9, middleOf(1075 + 2, CELLS - 1)],
    ] as const) {
      summary.observe(value, times);
      expect((await look(summary))[1], `${value}`).toBe(expected);
    }
    expect(await clamped()).toBe(1_010_100);
  });

  test('observations of memory storage move to the heap, which keeps the same 64 octaves', async () => {
    if (way === 'memory') return;
    process.env['MPMETRICS_CELLS'] = way;
    const moody = new MoodyHeap();
    const summary = made({});
    end = () => {
      moveToMemory(summary[ROSTER]);
    };
    for (const value of HOSTILE) summary.observe(value);
    const before = await look(summary);
    moveToHeap(summary[ROSTER], 't', 1, moody.storage);
    expect(await look(summary)).toEqual(before);
  });
});
