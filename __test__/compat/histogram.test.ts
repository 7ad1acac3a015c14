import { expect, test, vi } from 'vitest';

import { any, sameAsPromClient, subjects, thrown, type Client } from '../support/subject';

const plain = (client: Client) => new client.Histogram({ name: 'h', help: 'h' });
const labelled = (client: Client, buckets?: number[]) =>
  new client.Histogram({
    name: 'h',
    help: 'h',
    labelNames: ['a', 'b'],
    ...(buckets === undefined ? {} : { buckets }),
  });

sameAsPromClient({
  'counts into the default buckets': async (client) => {
    const h = plain(client);
    const empty = await client.register.metrics();
    for (const value of [0, -1, 0.005, 0.0050001, 3, 10, 10.1, 1e300]) h.observe(value);
    return [empty, await client.register.metrics(), await h.get(), h.upperBounds, h.buckets];
  },
  'counts by labels': async (client) => {
    const h = labelled(client, [1, 2]);
    h.observe({ a: 'x' }, 1);
    h.observe({ b: 'x', a: 'y' }, 1.5);
    h.observe({ a: 'y', b: 'x' }, 7);
    h.observe(3);
    h.observe({}, 3);
    h.observe(any(null), 0.5);
    h.observe(any(undefined), 0.5);
    return [await client.register.metrics(), await h.get()];
  },
  'keeps buckets as they were configured': async (client) => {
    const h = labelled(client, [5, 1, 2.5, Infinity]);
    for (const value of [0.5, 2, 3, 4, 6]) h.observe(value);
    return [await client.register.metrics(), await h.get(), Object.isFrozen(h.buckets)];
  },
  'finds the bucket for any number of bounds, also if they are unsorted or have NaN': (client) => {
    const scales = [
      [1],
      [1, 2],
      [1, 2, 3],
      [1, 2, 3, 4],
      [3, 1, 2],
      [-2, 0, 1, NaN, 2],
      [NaN, 1, 2],
    ];
    scales.forEach((buckets, i) => {
      const h = new client.Histogram({ name: `h${i}`, help: 'h', buckets });
      for (let value = -2; value <= 6; value += 0.5) h.observe(value);
    });
    return client.register.metrics();
  },
  'works without buckets': (client) => {
    labelled(client, []).observe(3);
    return client.register.metrics();
  },
  'refuses values that are no finite numbers': (client) => {
    const h = plain(client);
    const values: unknown[] = ['3', null, true, {}, { z: 1 }, undefined, Infinity, NaN, ''];
    const child = new client.Histogram({ name: 'c', help: 'h', labelNames: ['a'] }).labels('x');
    return values.map((value) => [
      thrown(() => {
        h.observe(any(value));
      }),
      thrown(() => {
        h.observe({}, any(value));
      }),
      thrown(() => {
        child.observe(any(value));
      }),
    ]);
  },
  'refuses labels that were not declared': (client) => {
    const h = labelled(client);
    return [
      thrown(() => {
        h.observe(any({ z: 1 }), 1);
      }),
      thrown(() => {
        h.observe(any({ z: 1 }), any('x'));
      }),
      thrown(() => h.labels(any({ z: 1 }))),
      thrown(() => h.labels('x')),
      thrown(() => {
        h.remove(any({ z: 1 }));
      }),
      thrown(() => {
        h.labels(any(null)).observe(1);
      }),
    ];
  },
  'shows a series at zero after zero()': async (client) => {
    const h = labelled(client, [1]);
    h.zero({ a: 'x' });
    h.observe({ a: 'y' }, 1);
    const before = await client.register.metrics();
    h.zero({ a: 'y' });
    h.observe({ a: 'x' }, 2);
    return [before, await client.register.metrics()];
  },
  'works through children': async (client) => {
    const h = labelled(client, [1]);
    const { observe } = h.labels('x', 'y');
    observe(1);
    h.labels({ b: 'y', a: 'x' }).observe(2);
    h.observe({ a: 'x', b: 'y' }, 3);
    return client.register.metrics();
  },
  'removes and resets': async (client) => {
    const h = labelled(client, [1]);
    const one = new client.Histogram({ name: 'one', help: 'h', buckets: [1] });
    const child = h.labels('x', 'y');
    child.observe(5);
    one.observe(1);
    h.observe({ a: '2' }, 5);
    h.remove('x', 'y');
    child.observe(1);
    const removed = await client.register.metrics();
    h.reset();
    one.reset();
    const empty = await client.register.metrics();
    h.observe({ a: '2' }, 3);
    child.observe(1);
    one.observe(2);
    return [removed, empty, await client.register.metrics()];
  },
  'measures durations': async (client) => {
    vi.useFakeTimers({ toFake: ['hrtime', 'Date'] });
    try {
      const h = labelled(client, [1]);
      const ends = [h.startTimer({ a: 'start' }), h.startTimer(), h.labels('p', 'q').startTimer()];
      vi.advanceTimersByTime(1_500);
      const seconds = ends.map((end, i) => end(i === 0 ? { b: 'end' } : undefined));
      return [seconds, await client.register.metrics()];
    } finally {
      vi.useRealTimers();
    }
  },
  'refuses the label name le, but only after it has registered the metric': (client) => [
    thrown(() => new client.Histogram({ name: 'h', help: 'h', labelNames: ['le'] })),
    client.register.getSingleMetric('h') !== undefined,
  ],
});

test.each(subjects)(
  'the count is the sum of the buckets, also with two equal bounds: $name',
  async (one) => {
    // prom-client counts a value in the buckets of both equal bounds.
    const client = await one.load();
    const h = new client.Histogram({ name: 'h', help: 'h', buckets: [1, 1, 2] });
    for (const value of [0.5, 1.5, 3]) h.observe(value);
    const { values } = await h.get();
    expect(values.map(({ value }) => value)).toEqual([1, 1, 2, 3, 5, 3]);
  },
);

test.each(subjects)('zero() drops labels that were not declared: $name', async (one) => {
  // prom-client 15 prints these labels, even with invalid names.
  const client = await one.load();
  labelled(client, []).zero(any({ a: 'x', 'z"': 1 }));
  expect(await client.register.metrics()).toContain('h_count{a="x"} 0');
});

test.each(subjects)('a bound of -1 is a bound like any other: $name', async (one) => {
  // prom-client counts a value above all bounds in the bucket of -1, because -1 is also its mark for "no bucket".
  const client = await one.load();
  const h = new client.Histogram({ name: 'h', help: 'h', buckets: [-1, 0] });
  h.observe(5);
  const { values } = await h.get();
  expect(values.map(({ value }) => value)).toEqual([0, 0, 1, 5, 1]);
});
