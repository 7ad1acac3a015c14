/** `ttlSeconds` removes series that no process updates. It loses no update, within the limit that `KINDS` states. */

import { afterEach, describe, expect, test, vi } from 'vitest';

import { loadBinding } from '../../ts/binding';
import type { ROSTER } from '../../ts/metrics';
import { samples } from '../support/samples';
import { newSegment } from '../support/segments';
import { any, heap, inside, subjects, thrown, type Client } from '../support/subject';

/** Seconds: much longer than a busy machine delays a program, and short enough for a test to wait for. */
const TTL = 2;

const timers: NodeJS.Timeout[] = [];

afterEach(() => {
  for (const timer of timers.splice(0)) clearInterval(timer);
  vi.useRealTimers();
});

/** Repeats an update every 50 ms, until the test ends or the returned function is called. */
function keep(update: () => void): () => void {
  update();
  const timer = setInterval(update, 50);
  timers.push(timer);
  return () => {
    clearInterval(timer);
  };
}

async function shown(client: Client): Promise<Map<string, number>> {
  return samples(await client.register.metrics());
}

/** Waits until the samples are as wanted. */
async function until(
  client: Client,
  wanted: (seen: Map<string, number>) => boolean,
): Promise<Map<string, number>> {
  for (;;) {
    const seen = await shown(client);
    if (wanted(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.each(subjects)('$name', ({ load }) => {
  test('removes series that are not updated, and keeps those that are', async () => {
    const client = await load();
    const common = { help: 'h', labelNames: ['a'] as const, ttlSeconds: TTL };
    const counter = new client.Counter({ name: 'c', ...common });
    const gauge = new client.Gauge({ name: 'g', ...common });
    const histogram = new client.Histogram({ name: 'h', buckets: [1], ...common });
    const summary = new client.Summary({ name: 's', percentiles: [], ...common });
    const plain = new client.Counter({ name: 'plain', help: 'h', ttlSeconds: TTL });
    const all = { counter, gauge, histogram, summary };
    const child = counter.labels('idle');
    const begun = performance.now();
    let updates = 0;
    const stop = keep(() => {
      updates++;
      counter.inc({ a: 'busy' });
      // From the second time on, the next two updates do not change a value.
      counter.inc({ a: 'zero' }, 0);
      gauge.set({ a: 'busy' }, 7);
      histogram.observe({ a: 'busy' }, 1);
      summary.labels('busy').observe(1);
    });
    child.inc(3);
    gauge.set({ a: 'idle' }, 3);
    histogram.observe({ a: 'idle' }, 3);
    summary.observe({ a: 'idle' }, 3);
    plain.inc(3);
    const isIdle = (name: string) => name.includes('a="idle"');
    expect([...(await shown(client)).keys()].filter(isIdle)).toHaveLength(8);
    const gone = await until(client, (seen) => ![...seen.keys()].some(isIdle));
    expect(performance.now() - begun).toBeGreaterThanOrEqual(1000 * TTL);
    expect(gone.get('plain')).toBe(3);
    // After the removal, updates through the same objects make the series again, from zero.
    child.inc();
    gauge.labels('idle').inc(2);
    histogram.observe({ a: 'idle' }, 0.5);
    // Without updates they expire a second time.
    await until(client, (seen) => ![...seen.keys()].some(isIdle));
    await until(client, (seen) => seen.get('g{a="busy"}') === 7);
    // No updates during the scrape, which reads on another thread: one could come between its reads of two metrics.
    stop();
    const seen = await shown(client);
    expect([seen.get('c{a="busy"}'), seen.get('h_count{a="busy"}')]).toEqual([updates, updates]);
    expect([seen.get('s_count{a="busy"}'), seen.get('s_sum{a="busy"}')]).toEqual([
      updates,
      updates,
    ]);
    expect(seen.get('g{a="busy"}')).toBe(7);
    // On the native path updates show only in the values, as docs/CONCURRENCY.md states: a series that is updated by 0
    // expires, and the next update makes it again.
    const zero = process.env['MPMETRICS_CELLS'] === 'native' ? [0, undefined] : [0];
    expect(zero).toContain(seen.get('c{a="zero"}'));
    expect(updates).toBeGreaterThan(10);
    for (const metric of Object.values(all)) metric.reset();
  });

  test('a removed series begins from zero', async () => {
    const client = await load();
    const ttlSeconds = 0.1;
    const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['a'], ttlSeconds });
    const gauge = new client.Gauge({ name: 'g', help: 'h', labelNames: ['a'], ttlSeconds });
    const children = [counter.labels('x'), gauge.labels('x')] as const;
    for (let round = 1; round < 4; round++) {
      children[0].inc(round);
      children[1].inc(round);
      counter.inc({ a: 'y' }, round);
      expect(Object.fromEntries(await shown(client))).toEqual({
        'c{a="x"}': round,
        'c{a="y"}': round,
        'g{a="x"}': round,
      });
      await until(client, (seen) => seen.size === 0);
    }
  });

  test('series of labelValues are not removed', async () => {
    const client = await load();
    const config = { help: 'h', labelNames: ['a'], labelValues: { a: ['x', 1] }, ttlSeconds: 0.1 };
    const counter = new client.Counter({ name: 'c', ...config });
    const gauge = new client.Gauge({ name: 'g', ...config });
    counter.inc({ a: 'other' });
    gauge.set({ a: 'other' }, 1);
    counter.inc({ a: 'x' }, 2);
    gauge.set({ a: 'x' }, 2);
    const seen = await until(client, (now) => now.size === 4);
    expect(Object.fromEntries(seen)).toEqual({
      'c{a="x"}': 2,
      'c{a="1"}': 0,
      'g{a="x"}': 2,
      'g{a="1"}': 0,
    });
  });

  test('sets no timer on a fake clock', async () => {
    const client = await load();
    vi.useFakeTimers();
    const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['a'], ttlSeconds: 60 });
    counter.inc({ a: 'x' });
    expect(vi.getTimerCount()).toBe(0);
    vi.runAllTimers();
    expect((await shown(client)).size).toBe(1);
  });

  test.each([0, -1, Infinity, NaN, '5', null])('refuses a time of %s', async (ttlSeconds) => {
    const { Counter, register } = await load();
    const message = thrown(
      () => new Counter({ name: 'c', help: 'h', ttlSeconds: any(ttlSeconds) }),
    );
    expect(message).toMatch(/^TypeError: ttlSeconds must be a number above 0, and is /);
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test('refuses a counter whose aggregator would hide updates, and a shared gauge', async () => {
    const { Counter, Gauge } = await load();
    const config = { name: 'm', help: 'h', ttlSeconds: 1, aggregator: 'max' } as const;
    expect(thrown(() => new Counter(config))).toBe(
      "TypeError: ttlSeconds needs the aggregator 'sum', and it is 'max'",
    );
    expect(thrown(() => new Gauge(config))).toBe('nothing');
    expect(thrown(() => new Gauge({ ...config, name: 'n', aggregator: 'shared' }))).toBe(
      "TypeError: ttlSeconds is not possible with the aggregator 'shared'",
    );
  });
});

// If another process expires a series at the moment of an update, the update is kept on the direct path; on the ordered
// path only for counters; on the native path never. docs/CONCURRENCY.md states this limit.
const KINDS = {
  direct: ['Counter', 'Histogram', 'Summary'],
  ordered: ['Counter'],
  native: [],
} as const;
const kinds = KINDS[(process.env['MPMETRICS_CELLS'] ?? 'direct') as keyof typeof KINDS];
const described = kinds.length === 0 ? null : describe.each(kinds);

/** Makes the metric of a test, by its type. */
const MAKE = {
  Counter: (client: Client, config: object) =>
    new client.Counter({ name: 'm', help: 'h', labelNames: ['a'], ...config }),
  Histogram: (client: Client, config: object) =>
    // With these buckets its blocks are as long as the smallest blocks of exemplars.
    new client.Histogram({
      name: 'm',
      help: 'h',
      labelNames: ['a'],
      buckets: [1, 2, 3, 4, 5, 6, 7, 8, 9, 1000],
      ...config,
    }),
  Summary: (client: Client, config: object) =>
    new client.Summary({
      name: 'm',
      help: 'h',
      labelNames: ['a'],
      percentiles: [0, 0.5, 1],
      ...config,
    }),
};

/** Makes a metric in a heap, and a second writer that expires and removes its series as another process would. */
async function setUp(kind: keyof typeof MAKE, ttlSeconds: number) {
  const client = await heap.load();
  const path = newSegment();
  client.configure({ segment: path });
  client.register.setContentType(client.openMetricsContentType);
  const metric = MAKE[kind](client, { ttlSeconds });
  const other = loadBinding()!.openHeap({ path, create: false })!.writer(0);
  // Each copy of the package has its own key for the roster. This is the key of the copy that `load` has just made.
  const key: typeof ROSTER = inside('metrics').ROSTER;
  const { shape } = metric[key];
  const family = other.family(
    {
      tag: 'default',
      name: 'm',
      help: 'h',
      type: shape.kind.type,
      aggregator: 'sum',
      labelNames: ['a'],
      numbers: Float64Array.from(shape.numbers),
      states: [],
    },
    1,
  );
  const by = {
    expire: (a = 'x') => other.expire(family, [`a="${a}"`, '']),
    remove: () => other.remove(family, 'a="x"', ''),
  };
  const name = kind === 'Counter' ? 'm_total' : 'm_sum';
  const series = (a = 'x') => `${name}{a="${a}"}`;
  const count = (a: string, value: number) => {
    if ('inc' in metric) metric.inc({ a }, value);
    else metric.observe({ a }, value);
  };
  const child = metric.labels('x');
  const inc = (value: number) => {
    if ('inc' in child) child.inc(value);
    else child.observe(value);
  };
  const value = async () => (await shown(client)).get(series());
  return { client, metric, by, series, count, inc, value };
}

described?.('an update of a %s while its series expires', (kind) => {
  test('is not lost when the series is new', async () => {
    const { inc, by, value } = await setUp(kind, 60);
    inc(5);
    expect(by.expire()).toBe(1);
    expect(await value()).toBe(undefined);
    inc(1);
    expect(await value()).toBe(6);
    // After remove(), the counts of the series are not added again.
    expect(by.remove()).toBe(0);
    inc(1);
    expect(await value()).toBe(1);
  });

  test('is not lost when no process updates the series again', async () => {
    const { client, count, by, series } = await setUp(kind, 0.4);
    count('x', 5);
    by.expire();
    const seen = await until(client, (now) => now.has(series()));
    expect(seen.get(series())).toBe(5);
  });

  test('is not lost when other series take its place in memory', async () => {
    const { client, metric, count, by, series, value } = await setUp(kind, 60);
    count('x', 5);
    by.expire();
    for (let i = 0; i < 3_000; i++) {
      count(String(i), 1 + (i % 7));
      if (i % 2 === 0) metric.remove(String(i));
    }
    expect(await value()).toBe(5);
    const all = [...(await shown(client)).keys()].filter((one) =>
      one.startsWith(series().slice(0, 5)),
    );
    expect(all).toHaveLength(1_501);
  });

  test('is not lost when it wakes a sleeping handle', async () => {
    const { client, inc, by, series, value } = await setUp(kind, 3);
    for (const before of [4, 0.25, 900]) inc(before);
    // Long enough for a check that puts the handle to sleep (`ts/storage/expiry.ts`): the next update takes the slow
    // path, and wakes the handle.
    await new Promise((resolve) => setTimeout(resolve, 2_400));
    expect(await value()).toBe(904.25);
    inc(5);
    expect(await value()).toBe(909.25);
    by.expire();
    inc(7);
    const seen = await until(client, (now) => now.has(series()));
    // The counts from before the sleep have expired; 5 and 7 were counted later.
    expect(seen.get(series())).toBe(12);
    if (kind === 'Counter') return;
    expect(seen.get('m_count{a="x"}')).toBe(2);
    const rows = ['le="4"', 'le="6"', 'quantile="0"', 'quantile="0.5"', 'quantile="1"'];
    const [four, six, ...quantiles] = rows.map((row) => {
      const name = row.startsWith('le') ? 'm_bucket' : 'm';
      return seen.get(`${name}{${row},a="x"}`);
    });
    if (kind === 'Histogram') expect([four, six]).toEqual([0, 1]);
    else {
      [5, 6, 7].forEach((wanted, i) => {
        expect(Math.abs(quantiles[i]! - wanted)).toBeLessThanOrEqual(0.0109 * wanted);
      });
    }
  });

  test('is not lost when exemplars of other series take its place in memory', async () => {
    const { client, count, by, series } = await setUp(kind, 60);
    const config = { name: 'e', help: 'h', labelNames: ['a'], enableExemplars: true } as const;
    const exemplary = new client.Counter(config);
    const names = Array.from({ length: 1_000 }, (_, i) => String(i));
    for (const a of names) {
      exemplary.inc({ labels: { a } });
      count(a, 5);
    }
    for (const a of names) expect(by.expire(a)).toBe(1);
    for (const a of names) {
      exemplary.inc({
        labels: { a },
        exemplarLabels: { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' },
      });
    }
    for (const a of names) count(a, 1);
    const seen = await shown(client);
    for (const a of names) expect(seen.get(series(a))).toBe(6);
  });
});
