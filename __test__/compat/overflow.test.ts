/** Limits on the series of one metric, and the series in which updates beyond a limit count. */
import { afterEach, describe, expect, test, vi } from 'vitest';

import { any, inside, subjects, thrown } from '../support/subject';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Silences warnings. Returns a function that returns their messages. */
function warnings(): () => string[] {
  const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  return () => warned.mock.calls.map(([message]) => String(message));
}

async function lines(register: { metrics(): Promise<string> }): Promise<string[]> {
  return (await register.metrics()).split('\n').filter((line) => /^[a-z]/.test(line));
}

describe.each(subjects)('$name', ({ name, load }) => {
  /** Returns how many updates have been dropped. */
  function dropped(): number {
    const { heap, memoryFigures } = inside('storage');
    if (name === 'heap storage') heap.tally.tell();
    const counts = name === 'heap storage' ? heap.figures()!.dropped : memoryFigures.dropped;
    return counts.reduce((sum, one) => sum + one, 0);
  }

  test('maxSeries drops updates of further series, and counts them', async () => {
    const said = warnings();
    const { Counter, Gauge, register } = await load();
    const c = new Counter({ name: 'c', help: 'h', labelNames: ['a'], maxSeries: 2 });
    const g = new Gauge({ name: 'g', help: 'h', labelNames: ['a'], maxSeries: 1 });
    const free = new Counter({ name: 'free', help: 'h', labelNames: ['a'] });
    const before = dropped();
    for (let i = 0; i < 5; i++) {
      c.inc({ a: i });
      c.labels(i).inc();
      g.set({ a: i }, i + 1);
      free.inc({ a: i });
    }
    expect(await lines(register)).toEqual([
      'c{a="0"} 2',
      'c{a="1"} 2',
      'g{a="0"} 1',
      ...[0, 1, 2, 3, 4].map((i) => `free{a="${i}"} 1`),
    ]);
    expect(dropped() - before).toBe(2 * 3 + 4);
    expect(said().sort()).toEqual([
      'c has as many series as its maxSeries allows (2): updates of refused series are not recorded, but counted as dropped. Existing series are updated as before',
      'g has as many series as its maxSeries allows (1): updates of refused series are not recorded, but counted as dropped. Existing series are updated as before',
    ]);
    c.remove({ a: 0 });
    c.inc({ a: 'new' });
    expect((await lines(register)).filter((line) => line.startsWith('c'))).toEqual([
      'c{a="1"} 2',
      'c{a="new"} 1',
    ]);
  });

  test('with overflow: other, totals stay right for all ways of updating', async () => {
    const said = warnings();
    const client = await load();
    const { register } = client;
    const config = {
      help: 'h',
      labelNames: ['a', 'b'],
      maxSeries: 3,
      overflow: 'other',
    } as const;
    const c = new client.Counter({ name: 'c', ...config, labelNames: ['a', 'b'] });
    const h = new client.Histogram({ name: 'h', buckets: [1], ...config, labelNames: ['a', 'b'] });
    const s = new client.Summary({ name: 's', percentiles: [], ...config, labelNames: ['a', 'b'] });
    expect(await lines(register)).toContain('c{a="other",b="other"} 0');
    const before = dropped();
    const children = [0, 1, 2, 3, 4].map((i) => c.labels(i, 'x'));
    for (let i = 0; i < 5; i++) {
      c.inc({ a: i, b: 'x' });
      c.inc({ a: i, b: 'x' }, 10);
      children[i]!.inc(100);
      h.observe({ a: i, b: 'x' }, 0.5);
      h.observe({ a: i, b: 'x' }, 5, 2);
      h.labels(i, 'x').observe(0.5);
      s.observe({ a: i, b: 'x' }, 1);
      s.labels(i, 'x').observe(2, 3);
    }
    c.inc(1000);
    const all = await lines(register);
    expect(all.filter((line) => line.startsWith('c'))).toEqual([
      'c{a="other",b="other"} 1333',
      'c{a="0",b="x"} 111',
      'c{a="1",b="x"} 111',
    ]);
    for (const line of [
      'h_bucket{le="1",a="other",b="other"} 6',
      'h_count{a="other",b="other"} 12',
      'h_sum{a="other",b="other"} 33',
      'h_count{a="1",b="x"} 4',
      's_count{a="other",b="other"} 12',
      's_sum{a="other",b="other"} 21',
    ]) {
      expect(all).toContain(line);
    }
    expect(dropped() - before).toBe(0);
    expect(said()[0]).toBe(
      'c has as many series as its maxSeries allows (3): updates of refused series are counted together in one series. Existing series are updated as before',
    );
  });

  test('a refused series is made once there is room, and its child counts in it from then on', async () => {
    warnings();
    const { Counter, register } = await load();
    const c = new Counter({
      name: 'c',
      help: 'h',
      labelNames: ['a'],
      maxSeries: 2,
      overflow: 'other',
      overflowLabels: { a: 'rest' },
    });
    c.inc({ a: '1' });
    const child = c.labels('2');
    child.inc();
    c.inc({ a: '2' });
    expect(await lines(register)).toEqual(['c{a="rest"} 2', 'c{a="1"} 1']);
    c.remove('1');
    child.inc();
    c.inc({ a: '2' });
    expect(await lines(register)).toEqual(['c{a="rest"} 2', 'c{a="2"} 2']);
    c.reset();
    child.inc();
    expect(await lines(register)).toEqual(['c{a="rest"} 0', 'c{a="2"} 1']);
    // To remove a refused label set is not to remove the series in which its updates count.
    c.inc({ a: '3' });
    c.remove({ a: '3' });
    expect(await lines(register)).toEqual(['c{a="rest"} 1', 'c{a="2"} 1']);
    c.remove('rest');
    c.remove('2');
    c.inc({ a: '4' });
    c.inc({ a: '5' });
    // The program removed the series of refused updates, so another series has its place now.
    expect((await lines(register)).length).toBe(2);
  });

  test('updates with a label value that is too long count in the series `other`, too', async () => {
    warnings();
    const client = await load();
    client.configure({ maxLabelValueBytes: 10 });
    const c = new client.Counter({
      name: 'c',
      help: 'h',
      labelNames: ['a', 'b'],
      overflow: 'other',
    });
    c.inc({ a: 'x'.repeat(11), b: '1' });
    c.labels('y'.repeat(11), '1').inc(2);
    expect(await lines(client.register)).toEqual(['c{a="other",b="other"} 3']);
  });

  test('configure({ overflow }) applies to metrics without that option; gauges drop updates', async () => {
    warnings();
    const client = await load();
    client.configure({ overflow: 'other' });
    const { register } = client;
    const config = { help: 'h', labelNames: ['a'], maxSeries: 1 };
    const c = new client.Counter({ name: 'c', ...config });
    const d = new client.Counter({ name: 'd', ...config, overflow: 'drop' });
    const g = new client.Gauge({ name: 'g', ...config });
    const e = new client.Counter({ name: 'e', help: 'h', overflow: 'other' });
    for (const a of ['1', '2']) {
      c.inc({ a });
      d.inc({ a });
      g.inc({ a });
      e.inc();
    }
    expect(await lines(register)).toEqual(['c{a="other"} 2', 'd{a="1"} 1', 'g{a="1"} 1', 'e 2']);
    expect(
      thrown(() => {
        client.configure({ overflow: any('others') });
      }),
    ).toContain("configure({ overflow }) must be 'drop' or 'other', and is \"others\"");
  });

  test('maxLabelValues replaces values of the labels it names only', async () => {
    const said = warnings();
    const { Counter, register } = await load();
    const c = new Counter({
      name: 'c',
      help: 'h',
      labelNames: ['method', 'path', 'code'],
      maxLabelValues: { path: 2, code: 1 },
      overflowLabels: { code: 'more' },
    });
    for (let i = 0; i < 4; i++) {
      c.inc({ method: 'GET', path: `/${i}`, code: 200 });
      c.labels('PUT', `/${i}`, 200).inc(10);
      c.labels({ path: `/${i}` }).inc(100);
    }
    c.inc({ method: 'GET', path: '/1', code: 404 });
    c.inc({ method: 'GET', path: 'other', code: 500 });
    c.inc({ method: 'GET' });
    expect(await lines(register)).toEqual([
      'c{method="GET",path="/0",code="200"} 1',
      'c{method="PUT",path="/0",code="200"} 10',
      'c{path="/0"} 100',
      'c{method="GET",path="/1",code="200"} 1',
      'c{method="PUT",path="/1",code="200"} 10',
      'c{path="/1"} 100',
      'c{method="GET",path="other",code="200"} 2',
      'c{method="PUT",path="other",code="200"} 20',
      'c{path="other"} 200',
      'c{method="GET",path="/1",code="more"} 1',
      'c{method="GET",path="other",code="more"} 1',
      'c{method="GET"} 1',
    ]);
    expect(said()).toEqual([]);
    // `/3` was replaced by `other`, so it has no series to remove.
    c.remove({ path: '/3' });
    expect(await lines(register)).toContain('c{path="other"} 200');
    c.remove({ path: 'other' });
    expect(await lines(register)).not.toContain('c{path="other"} 200');
  });

  test('default values and labelValues count towards maxLabelValues from the start', async () => {
    const { Counter, register } = await load();
    const c = new Counter({
      name: 'c',
      help: 'h',
      labelNames: ['a', 'b'],
      labelValues: { a: ['1', '2', '3'] },
      defaultLabels: { b: 'x' },
      maxLabelValues: { a: 2, b: 1 },
    });
    for (const a of ['3', '4']) c.inc({ a });
    c.inc({ a: '1', b: 'y' });
    expect((await lines(register)).sort()).toEqual([
      'c{a="1",b="other"} 1',
      'c{a="1",b="x"} 0',
      'c{a="2",b="x"} 0',
      'c{a="3",b="x"} 1',
      'c{a="other",b="x"} 1',
    ]);
  });

  test.each([
    [{ maxSeries: 0 }, 'maxSeries must be a whole number from 1 to 8388608, and is 0'],
    [{ maxSeries: '5' }, "maxSeries must be a whole number from 1 to 8388608, and is '5'"],
    [{ overflow: 'others' }, "overflow must be 'drop' or 'other', and is 'others'"],
    [{ overflowLabels: { z: 1 } }, "overflowLabels has 'z', which is none of the labels (a)"],
    [
      { overflowLabels: { a: {} } },
      'overflowLabels.a must be a string, a number or a boolean, and is {}',
    ],
    [
      { maxLabelValues: { a: 0 } },
      'maxLabelValues.a must be a whole number from 1 to 8388608, and is 0',
    ],
    [{ maxLabelValues: { z: 1 } }, "maxLabelValues has 'z', which is none of the labels (a)"],
    [{ maxLabelValues: 5 }, 'maxLabelValues must be an object with names of labels, and is 5'],
  ])('%j is refused, and nothing is registered', async (wrong, message) => {
    const { Counter, register } = await load();
    const config = { name: 'c', help: 'h', labelNames: ['a'], ...wrong };
    expect(thrown(() => new Counter(any(config)))).toBe(`TypeError: ${message}`);
    expect(register.getSingleMetric('c')).toBe(undefined);
  });

  test.each([
    [{ overflow: 'other' }, "overflow: 'other'"],
    [{ maxLabelValues: { a: 1 } }, 'maxLabelValues'],
    [{ overflowLabels: { a: 'x' } }, 'overflowLabels'],
  ])('%j is not possible for a gauge', async (wrong, option) => {
    const { Gauge } = await load();
    expect(
      thrown(() => new Gauge(any({ name: 'g', help: 'h', labelNames: ['a'], ...wrong }))),
    ).toBe(`TypeError: ${option} is not possible for a gauge, whose values do not add up`);
    new Gauge(any({ name: 'g', help: 'h', labelNames: ['a'], overflow: 'drop' }));
  });

  test("the library's own metrics name the ten metrics with most series", async () => {
    const client = await load();
    const { register } = client;
    client.collectLibraryMetrics();
    for (let i = 1; i <= 12; i++) {
      const c = new client.Counter({ name: `c${i}`, help: 'h', labelNames: ['a'] });
      for (let a = 0; a < 20 * i; a++) c.inc({ a });
    }
    const shown = (await lines(register)).filter((line) => /^mpmetrics_series\b/.test(line));
    expect(shown.slice(1)).toEqual(
      Array.from(
        { length: 10 },
        (_, i) => `mpmetrics_series{metric="c${12 - i}"} ${20 * (12 - i)}`,
      ),
    );
    const [, all] = shown[0]!.split(' ');
    expect(shown[0]).toMatch(/^mpmetrics_series \d+$/);
    expect(Number(all)).toBeGreaterThanOrEqual((20 * 12 * 13) / 2);
  });
});
