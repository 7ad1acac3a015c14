/** `observe(value, count)` counts a value that was observed several times. */

import { describe, expect, test } from 'vitest';

import { any, oracle, subjects, thrown, type Client } from '../support/subject';

/** Whole numbers, so that sums are exact in any order: zero, negative, several octaves, above all bounds. */
const SEEN: readonly (readonly [value: number, count: number])[] = [
  [3, 5],
  [0, 4],
  [-7, 2],
  [3, 1],
  [1024, 1000],
  [5, 0],
  [1_000_000, 3],
];

type Observe = (value: number, count: number) => void;

/** Makes histograms and summaries, with labels and without, and returns all their functions that observe. */
function observers(client: Client): Observe[] {
  const config = { help: 'h', buckets: [1, 5, 2000] };
  const labelled = { ...config, labelNames: ['a', 'b'] as const };
  const percentiles = [0, 0.2, 0.5, 1];
  const h = new client.Histogram({ name: 'h', ...config });
  const hl = new client.Histogram({ name: 'hl', ...labelled });
  const s = new client.Summary({ name: 's', help: 'h', percentiles });
  const sl = new client.Summary({ name: 'sl', ...labelled, percentiles });
  const window = { maxAgeSeconds: 86_400_000, ageBuckets: 3 };
  const sw = new client.Summary({ name: 'sw', help: 'h', percentiles, ...window });
  const [childOfHistogram, childOfSummary] = [hl.labels('x', 'child'), sl.labels('x', 'child')];
  return [
    (value, count) => {
      h.observe(value, count);
    },
    (value, count) => {
      hl.observe({ a: 'x', b: 'y' }, value, count);
    },
    childOfHistogram.observe,
    (value, count) => {
      s.observe(value, count);
    },
    (value, count) => {
      sl.observe({ a: 'x', b: 'y' }, value, count);
    },
    childOfSummary.observe,
    (value, count) => {
      sw.observe(any(null), value, any(count));
    },
  ];
}

async function text(client: Client, program: (observe: Observe) => void) {
  for (const observe of observers(client)) program(observe);
  return client.register.metrics();
}

describe.each(subjects)('$name', ({ load }) => {
  test('one call with a count counts as so many calls', async () => {
    const atOnce = await text(await load(), (observe) => {
      for (const [value, count] of SEEN) observe(value, count);
    });
    const oneByOne = await text(await load(), (observe) => {
      for (const [value, count] of SEEN) for (let k = 0; k < count; k++) observe(value, 1);
    });
    expect(atOnce).toBe(oneByOne);
    expect(atOnce).toContain('hl_count{a="x",b="child"} 1015\n');
    expect(atOnce).toContain('sl_sum{a="x",b="y"} 4024004\n');
  });

  test('observe(value, count) of a child makes a series again that was removed or reset', async () => {
    const client = await load();
    const config = { help: 'h', labelNames: ['a'], buckets: [1], percentiles: [1] };
    const h = new client.Histogram({ name: 'h', ...config });
    const s = new client.Summary({ name: 's', ...config });
    const children = [h.labels('x'), s.labels('x')];
    for (const child of children) child.observe(2, 7);
    h.remove('x');
    s.remove('x');
    for (const child of children) child.observe(1, 3);
    expect(await client.register.metrics()).toContain('h_bucket{le="1",a="x"} 3\n');
    h.reset();
    s.reset();
    for (const child of children) child.observe(1, 2);
    const after = await client.register.metrics();
    expect(after).toContain('h_count{a="x"} 2\n');
    expect(after).toContain('s_count{a="x"} 2\n');
  });

  test.each([-1, 0.5, NaN, Infinity, 2 ** 53])('refuses to count %d times', async (count) => {
    const client = await load();
    const message = `TypeError: Count is not a whole number from 0 on: ${String(count)}`;
    for (const observe of observers(client)) {
      expect(
        thrown(() => {
          observe(3, count);
        }),
      ).toBe(message);
    }
    expect(await client.register.metrics()).not.toMatch(/_count\S* [1-9]/);
  });

  test('checks the value before the count', async () => {
    const client = await load();
    for (const observe of observers(client)) {
      expect(
        thrown(() => {
          observe(NaN, 0);
        }),
      ).toBe('TypeError: Value is not a valid number: NaN');
    }
  });

  test('ignores arguments that are no count, as prom-client does', async () => {
    // `forEach` passes three arguments: a value, its index and the array. The index must not be taken for a count.
    const program = async (client: Client) => {
      const h = new client.Histogram({ name: 'h', help: 'h', buckets: [1], labelNames: ['a'] });
      const s = new client.Summary({ name: 's', help: 'h', percentiles: [], labelNames: ['a'] });
      [5, 6, 7].forEach(h.labels('x').observe);
      [5, 6, 7].forEach(s.labels('x').observe);
      for (const other of [null, {}, 'three', [3], true]) {
        h.observe(5, any(other));
        h.labels('x').observe(5, any(other));
        h.observe({ a: 'y' }, 5, any(other));
        s.labels('x').observe(5, any(other));
        s.observe({ a: 'y' }, 5, any(other));
      }
      return client.register.metrics();
    };
    expect(await program(await load())).toBe(await program(await oracle.load()));
  });

  test('an observation with an exemplar takes its count from the key `count` of its only argument', async () => {
    const client = await load();
    const { OPENMETRICS_CONTENT_TYPE: type } = client.Registry;
    const register = new client.Registry(any(type));
    const h = new client.Histogram({
      name: 'h',
      help: 'h',
      buckets: [1],
      enableExemplars: true,
      registers: [register],
    });
    h.observe({ value: 1, count: 4, exemplarLabels: { id: 'a' } });
    h.observe({ value: 5, count: 0, exemplarLabels: { id: 'b' } });
    h.observe(any(2), any(3));
    const shown = await register.metrics();
    expect(shown).toMatch(/h_bucket\{le="1"\} 4 # \{id="a"\} 1/);
    expect(shown).toContain('h_count 7\n');
    expect(shown).not.toContain('id="b"');
  });
});
