/**
 * Quantiles, compared with those of prom-client, which are exact for fewer than a hundred observations. Rows and their
 * order must be the same, and values must be within the error of a bucket.
 */

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { loadBinding } from '../../ts/binding';
import { bucketOf, CELLS, middleOf, octaveBounds, type Handle } from '../../ts/storage';
import { any, inside, memory, oracle, subjects, thrown, type Client } from '../support/subject';

/** The greatest relative error of a quantile. */
const ERROR = 0.0109;
/**
 * The time at which tests begin and make their series. Windows of prom-client begin when the series is made, and those
 * of this package at multiples of their length: so this is such a multiple.
 */
const START = 1_700_000_000_000 - (1_700_000_000_000 % 3_600_000);

interface Row {
  value: number;
  labels: Record<string, unknown>;
  metricName?: string;
}

interface Seen {
  text: string;
  rows: Row[];
}

async function look(client: Client): Promise<Seen> {
  const s = client.register.getSingleMetric('s') as { get(): Promise<{ values: Row[] }> };
  return { text: await client.register.metrics(), rows: (await s.get()).values };
}

/** Expects equal rows, except that quantiles may differ by the error. */
function expectNear(found: Seen, expected: Seen): void {
  const lines = (text: string) => text.split('\n').map((line) => line.split(/ (?=\S+$)/));
  const [ours, theirs] = [lines(found.text), lines(expected.text)];
  expect(ours.map(([row]) => row)).toEqual(theirs.map(([row]) => row));
  ours.forEach(([row, value], i) => {
    if (!row!.includes('quantile=')) expect(value).toBe(theirs[i]![1]);
    else near(Number(value), Number(theirs[i]![1]));
  });
  expect(found.rows.map(({ value: _, ...rest }) => JSON.stringify(rest))).toEqual(
    expected.rows.map(({ value: _, ...rest }) => JSON.stringify(rest)),
  );
  found.rows.forEach(({ value }, i) => {
    near(value, expected.rows[i]!.value);
  });
}

function near(found: number, expected: number): void {
  expect(Math.abs(found - expected)).toBeLessThanOrEqual(ERROR * Math.abs(expected) + 1e-300);
}

type Step =
  | { do: 'observe' | 'child'; labels: object; value: number }
  | { do: 'remove'; labels: object }
  | { do: 'reset' | 'look' };

/** Each series gets values of one sign only, because this package does not interpolate between values of both signs. */
const observation = fc
  .record({
    do: fc.constantFrom<'observe' | 'child'>('observe', 'child'),
    sign: fc.constantFrom('+', '-'),
    magnitude: fc.oneof(
      fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
      fc.double({ min: 1e-290, max: 1e150, noNaN: true }),
      fc.constantFrom(0, 1, 2, 0.5, 1024, 2.5e-308),
    ),
  })
  .map(({ do: how, sign, magnitude }): Step => {
    return { do: how, labels: { sign }, value: sign === '+' ? magnitude : -magnitude };
  });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 20, arbitrary: observation },
  fc.record({ do: fc.constant('remove' as const), labels: fc.constant({ sign: '+' }) }),
  fc.record({ do: fc.constantFrom('reset', 'look') }),
);

async function run(client: Client, program: readonly Step[]): Promise<Seen[]> {
  const s = new client.Summary({ name: 's', help: 'h', labelNames: ['sign'] });
  const seen: Seen[] = [];
  // No value is observed twice, because prom-client would interpolate between the middle one of the equal values and
  // the next value, and this package does not.
  const values = new Set<number>();
  for (const one of program) {
    if (one.do === 'reset') values.clear();
    if ('value' in one) {
      if (values.has(one.value)) continue;
      values.add(one.value);
    }
    if (one.do === 'observe') s.observe(one.labels, one.value);
    else if (one.do === 'child') s.labels(any(one.labels)).observe(one.value);
    else if (one.do === 'remove') s.remove(any(one.labels));
    else if (one.do === 'reset') s.reset();
    else seen.push(await look(client));
  }
  seen.push(await look(client));
  client.register.clear();
  return seen;
}

describe.each(subjects)('$name', ({ load }) => {
  test('random programs show what prom-client shows', async () => {
    const [ours, theirs] = [await load(), await oracle.load()];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 90, size: 'max' }), async (program) => {
        const [found, expected] = [await run(ours, program), await run(theirs, program)];
        found.forEach((seen, i) => {
          expectNear(seen, expected[i]!);
        });
      }),
      { numRuns: Number(process.env['MPMETRICS_TEST_RUNS'] ?? 100) },
    );
  });

  test('an empty summary shows zeros, for the configured quantiles only', async () => {
    for (const config of [{}, { percentiles: [] }, { percentiles: [0.5, 0.1] }]) {
      const [ours, theirs] = [await load(), await oracle.load()];
      for (const client of [ours, theirs]) new client.Summary({ name: 's', help: 'h', ...config });
      expect(await look(ours)).toEqual(await look(theirs));
    }
  });

  test('denormal and huge values, zeros of both signs', async () => {
    // Not compared with prom-client, which gives the two equal zeros one common rank, so that its quantile 0.2 differs.
    const client = await load();
    const percentiles = [0, 0.2, 0.5, 0.8, 1];
    const s = new client.Summary({ name: 's', help: 'h', percentiles });
    for (const value of [-1e308, 0, -0, 5e-324, Number.MAX_VALUE]) s.observe(value);
    const values = (await look(client)).rows.map(({ value }) => value);
    expect(values.slice(0, 5)).toEqual([-1e308, values[1], 0, values[3], Number.MAX_VALUE]);
    near(values[1]!, -5e307);
    near(values[3]!, Number.MAX_VALUE / 2);
  });

  test('refuses invalid windows, with the value and the rule', async () => {
    const { Summary } = await load();
    const make = (config: object) => thrown(() => new Summary({ name: 's', help: 'h', ...config }));
    expect(make({ maxAgeSeconds: -1, ageBuckets: 5 })).toBe(
      'RangeError: maxAgeSeconds must be more than 0, and is -1',
    );
    expect(make({ maxAgeSeconds: 60, ageBuckets: 2.5 })).toBe(
      'RangeError: ageBuckets must be a whole number from 1 on, and is 2.5',
    );
    expect(make({ maxAgeSeconds: 60, ageBuckets: 100_000 })).toBe('nothing');
  });

  describe('a window', () => {
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ['Date'], now: START });
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    const windowed = (client: Client, more: object = {}) =>
      new client.Summary({ name: 's', help: 'h', maxAgeSeconds: 60, ageBuckets: 5, ...more });

    test('drops observations when prom-client does, and keeps the sum', async () => {
      const steps = fc.array(
        fc.record({
          wait: fc.oneof(fc.integer({ min: 1, max: 9_000 }), fc.integer({ min: 1, max: 90_000 })),
          value: fc.option(fc.double({ min: 0.001, max: 1_000, noNaN: true })),
        }),
        { maxLength: 40 },
      );
      const [ours, theirs] = [await load(), await oracle.load()];
      await fc.assert(
        fc.asyncProperty(steps, async (program) => {
          const seen: Seen[][] = [];
          for (const client of [ours, theirs]) {
            vi.setSystemTime(START);
            // Only the smallest and the largest value: at first prom-client's sub-windows share one digest, which gets
            // each value several times, so the quantiles in between differ.
            const s = windowed(client, { percentiles: [0, 1] });
            const looks: Seen[] = [];
            for (const { wait, value } of program) {
              vi.advanceTimersByTime(wait);
              // prom-client ends a sub-window one millisecond later than this package.
              if ((Date.now() - START) % 12_000 === 0) vi.advanceTimersByTime(1);
              if (value !== null) s.observe(value);
              looks.push(await look(client));
            }
            client.register.clear();
            seen.push(looks);
          }
          seen[0]!.forEach((found, i) => {
            expectNear(found, seen[1]![i]!);
          });
        }),
        { numRuns: 60 },
      );
    });

    test('pruneAgedBuckets removes idle series, which then begin from zero', async () => {
      const seen: string[][] = [];
      for (const client of [await load(), await oracle.load()]) {
        vi.setSystemTime(START);
        const s = windowed(client, { labelNames: ['a'], pruneAgedBuckets: true, percentiles: [1] });
        const child = s.labels('x');
        const texts: string[] = [];
        const lookAt = async (seconds: number) => {
          vi.setSystemTime(START + seconds * 1000);
          texts.push(await client.register.metrics());
        };
        child.observe(5);
        s.observe({ a: 'y' }, 6);
        await lookAt(30);
        child.observe(7);
        await lookAt(61);
        await lookAt(95);
        child.observe(8);
        s.observe({ a: 'y' }, 9);
        await lookAt(96);
        seen.push(texts);
      }
      expect(seen[0]).toEqual(seen[1]);
      expect(seen[0]![1]).not.toContain('"y"');
      expect(seen[0]![2]).not.toContain('"x"');
      expect(seen[0]![3]).toContain('s_count{a="x"} 1');
    });

    test('moves with the clock, which is read at each call', async () => {
      const client = await load();
      const s = windowed(client, { percentiles: [1] });
      s.observe(3);
      const largest = async () => (await look(client)).rows[0]!.value;
      expect(await largest()).toBe(3);
      vi.setSystemTime(START + 3_600_000);
      expect(await largest()).toBe(0);
      s.observe(1);
      expect(await largest()).toBe(1);
      // The clock is set back. Now the second observation is in the future, and it has replaced the first one.
      vi.setSystemTime(START);
      expect(await largest()).toBe(0);
    });
  });
});

describe('buckets', () => {
  /** Returns the bucket of a value by its definition: the first bound of the octave that is not below the value. */
  function slowly(value: number): number {
    let magnitude = Math.abs(value);
    let octave = 1075;
    for (; magnitude > 2; magnitude /= 2) octave++;
    for (; magnitude <= 1; magnitude *= 2) octave--;
    const cell = octaveBounds.subarray(1).findIndex((bound) => magnitude <= bound);
    return (octave + (value < 0 ? 4096 : 0)) * CELLS + cell;
  }

  const double = new Float64Array(1);
  const bits = new BigInt64Array(double.buffer);
  const moved = (value: number, by: bigint): number => {
    double[0] = value;
    bits[0]! += by;
    return double[0];
  };
  /** Each bound of some octaves with the doubles next to it, and the ends of the range of doubles. */
  const edges: number[] = [5e-324, 1e-323, 2 ** -1022, Number.MAX_VALUE, 1e308, -5e-324, -1e308];
  for (const exponent of [-1074, -1073, -1030, -1023, -1022, -1021, -970, -1, 0, 1, 40, 1023]) {
    for (const bound of octaveBounds) {
      const value = bound * 2 ** Math.max(exponent, -1022) * 2 ** Math.min(exponent + 1022, 0);
      for (const near of [moved(value, -1n), value, moved(value, 1n)]) {
        if (Number.isFinite(near) && near > 0) edges.push(near, -near);
      }
    }
  }

  test('have exactly the bounds that native code has', () => {
    expect([...octaveBounds]).toEqual(loadBinding()!.layout().octaveBounds);
  });

  test('hold the right values at each bound', async () => {
    expect(edges.length).toBeGreaterThan(2_000);
    for (const value of edges) expect([value, bucketOf(value)]).toEqual([value, slowly(value)]);
    // observe() has code of its own that finds the bucket.
    const client = await memory.load();
    const s = new client.Summary({ name: 's', help: 'h' });
    const { SINGLE } = inside('metrics/hidden');
    const single = (): Handle => (s as unknown as Record<symbol, Handle>)[SINGLE]!;
    const { sketch } = single();
    expect(sketch.all.size).toBe(0);
    for (const value of edges) {
      // Twice, because the first observation in an octave takes another path in the code.
      s.reset();
      s.observe(value);
      s.observe(value);
      const bucket = bucketOf(value);
      const buckets = single().sketch.all.get(Math.floor(bucket / CELLS))!;
      expect([value, buckets.cells[buckets.first + (bucket % CELLS)]]).toEqual([value, 2]);
    }
  });

  test('have a middle that is near each of their values', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        if (value === 0) return;
        const bucket = bucketOf(value);
        expect(bucket).toBe(slowly(value));
        const middle = middleOf(Math.floor(bucket / CELLS), bucket % CELLS);
        if (Math.abs(value) >= 2 ** -1022) near(middle, value);
      }),
      { numRuns: 5_000 },
    );
  });
});
