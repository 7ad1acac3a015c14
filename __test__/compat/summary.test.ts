import { expect, test, vi } from 'vitest';

import { any, sameAsPromClient, subjects, thrown, type Client } from '../support/subject';

// No quantiles, because they differ from prom-client's within an error; quantiles.test.ts compares them.
const plain = (client: Client) => new client.Summary({ name: 's', help: 'h', percentiles: [] });
const labelled = (client: Client) =>
  new client.Summary({ name: 's', help: 'h', labelNames: ['a', 'b'], percentiles: [] });

sameAsPromClient({
  'sums up observations': async (client) => {
    const s = plain(client);
    const empty = await client.register.metrics();
    for (const value of [0, -1, 0.25, 1e300]) s.observe(value);
    return [empty, await client.register.metrics(), await s.get()];
  },
  'sums up observations by labels': async (client) => {
    const s = labelled(client);
    s.observe({ a: 'x' }, 1);
    s.observe({ b: 'x', a: 'y' }, 1.5);
    s.observe({ a: 'y', b: 'x' }, 7);
    s.observe(3);
    s.observe({}, 3);
    s.observe(any(null), 0.5);
    s.observe(any(undefined), 0.5);
    return [await client.register.metrics(), await s.get()];
  },
  'refuses values that are no finite numbers': (client) => {
    const s = plain(client);
    const values: unknown[] = ['3', null, true, {}, { z: 1 }, undefined, Infinity, NaN, ''];
    const child = new client.Summary({ name: 'c', help: 'h', labelNames: ['a'] }).labels('x');
    return values.map((value) => [
      thrown(() => {
        s.observe(any(value));
      }),
      thrown(() => {
        s.observe({}, any(value));
      }),
      thrown(() => {
        child.observe(any(value));
      }),
    ]);
  },
  'refuses labels that were not declared': (client) => {
    const s = labelled(client);
    return [
      thrown(() => {
        s.observe(any({ z: 1 }), 1);
      }),
      thrown(() => {
        s.observe(any({ z: 1 }));
      }),
      thrown(() => {
        s.observe(any('ab'), 1);
      }),
      thrown(() => s.labels(any({ z: 1 }))),
      thrown(() => s.labels('x')),
      thrown(() => {
        s.remove(any({ z: 1 }));
      }),
    ];
  },
  'works through children': async (client) => {
    const s = labelled(client);
    const { observe } = s.labels('x', 'y');
    observe(1);
    s.labels({ b: 'y', a: 'x' }).observe(2);
    s.observe({ a: 'x', b: 'y' }, 3);
    return client.register.metrics();
  },
  'remove() removes a series, and reset() sets all series to zero': async (client) => {
    const s = labelled(client);
    const one = new client.Summary({ name: 'one', help: 'h', percentiles: [] });
    const child = s.labels('x', 'y');
    child.observe(5);
    one.observe(1);
    s.observe({ a: '2' }, 5);
    s.remove('x', 'y');
    child.observe(1);
    const removed = await client.register.metrics();
    s.reset();
    one.reset();
    const zero = await client.register.metrics();
    s.observe({ a: '2' }, 3);
    child.observe(1);
    one.observe(2);
    return [removed, zero, await client.register.metrics()];
  },
  'measures durations': async (client) => {
    vi.useFakeTimers({ toFake: ['hrtime', 'Date'] });
    try {
      const s = labelled(client);
      const ends = [s.startTimer({ a: 'start' }), s.startTimer(), s.labels('p', 'q').startTimer()];
      vi.advanceTimersByTime(1_500);
      const seconds = ends.map((end, i) => end(i === 0 ? { b: 'end' } : undefined));
      return [seconds, await client.register.metrics()];
    } finally {
      vi.useRealTimers();
    }
  },
  'accepts a window whose maxAgeSeconds or ageBuckets is no number': async (client) => {
    const odd = [
      { maxAgeSeconds: 'x', ageBuckets: 3 },
      { maxAgeSeconds: 60, ageBuckets: 'x' },
      { maxAgeSeconds: '60', ageBuckets: 3 },
      { maxAgeSeconds: NaN, ageBuckets: 3 },
    ];
    const rows = odd.map((window, i) => {
      const s = new client.Summary(any({ name: `s${i}`, help: 'h', percentiles: [1], ...window }));
      s.observe(3);
      return s.get();
    });
    return Promise.all(rows);
  },
  'refuses the label name quantile, but only after it has registered the metric': (client) => [
    thrown(() => new client.Summary({ name: 's', help: 'h', labelNames: ['quantile'] })),
    client.register.getSingleMetric('s') !== undefined,
  ],
});

test.each(subjects)('keeps its configuration: $name', async (one) => {
  const client = await one.load();
  const s = new client.Summary({ name: 's', help: 'h', maxAgeSeconds: 60, ageBuckets: 5 });
  expect(s).toMatchObject({ maxAgeSeconds: 60, ageBuckets: 5, compressCount: 1000 });
  expect(s.percentiles).toEqual([0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999]);
});
