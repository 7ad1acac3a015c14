/** Collectors, which yield several metrics for each scrape (`registerCollector`). */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test, vi } from 'vitest';

import type { Client } from '../support/client';
import { until } from '../support/patience.mjs';
import { any, inside, rejected, subjects, thrown } from '../support/subject';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Returns a collector that makes and yields a counter, a gauge and a histogram at each call. */
function several(client: Client, value: () => number) {
  return {
    collect() {
      const config = { help: 'h', registers: [] };
      const c = new client.Counter({ name: 'c_total', ...config, unit: 'bytes' });
      const g = new client.Gauge({ name: 'g', ...config, labelNames: ['a'] });
      const h = new client.Histogram({ name: 'h', ...config, buckets: [1] });
      c.inc(value());
      g.set({ a: 'x' }, value());
      h.observe(value());
      return [c, g, h];
    },
  };
}

describe.each(subjects)('$name', ({ load }) => {
  test.each([false, true])(
    'each scrape shows the metrics that the collector yields for it (everywhere: %j)',
    async (everywhere) => {
      const client = await load();
      const { register } = client;
      new client.Counter({ name: 'own_total', help: 'h' }).inc();
      let calls = 0;
      const collector = several(client, () => calls);
      const end = register.registerCollector(
        { collect: () => (calls++, collector.collect()) },
        { everywhere },
      );
      expect(calls).toBe(0);
      for (let scrape = 1; scrape <= 3; scrape++) {
        const text = await register.metrics();
        expect(text).toContain(`c_bytes_total ${scrape}\n`);
        expect(text).toContain(`g{a="x"} ${scrape}\n`);
        expect(text).toContain(`h_sum ${scrape}\nh_count 1\n`);
        expect(text.match(/^# TYPE/gm)).toHaveLength(4);
        expect(text).toContain('own_total 1\n');
      }
      expect(calls).toBe(3);
      const json = await register.getMetricsAsJSON();
      expect(json.map(({ name }) => name).sort()).toEqual(['c_bytes_total', 'g', 'h', 'own_total']);
      expect(json.find(({ name }) => name === 'g')!.values).toEqual([
        { labels: { a: 'x' }, value: 4 },
      ]);
      expect(String(await register.metricsBuffer())).toContain('c_bytes_total 5\n');
      const open = await register.metrics({ contentType: client.openMetricsContentType });
      expect(open).toContain('c_bytes_total 6\n');
      expect(open).toContain('# UNIT c_bytes bytes\n');
      expect(await new client.AggregatorRegistry().clusterMetrics()).toContain('c_bytes_total 7\n');
      expect(register.getSingleMetric('g')).toBe(undefined);
      end();
      expect(await register.metrics()).toBe(
        '# HELP own_total h\n# TYPE own_total counter\nown_total 1\n',
      );
      expect(calls).toBe(7);
    },
  );

  test.each([false, true])(
    'series of metrics that were yielded for earlier scrapes are freed (everywhere: %j)',
    async (everywhere) => {
      const client = await load();
      const { register } = client;
      register.registerCollector(
        several(client, () => 1),
        { everywhere },
      );
      setFlagsFromString('--expose-gc');
      const collectGarbage = runInNewContext('gc') as () => void;
      const { memoryFigures, memorySeries } = inside('storage');
      for (let scrape = 0; scrape < 1_000; scrape++) await register.metrics();
      await until(() => {
        collectGarbage();
        return Promise.resolve(memoryFigures.series < 10);
      }, 'series of garbage-collected metrics are still counted');
      expect(memorySeries.get('g') ?? 0).toBeLessThan(3);
    },
  );

  test('a collector may be asynchronous or a generator, and may yield objects with a get() or the results of a get()', async () => {
    const client = await load();
    const register = new client.Registry({ prefix: 'p_' });
    register.setDefaultLabels({ d: '1' });
    const rows = { name: 'rows', help: 'h', type: 'gauge', values: [{ labels: {}, value: 2 }] };
    register.registerCollector({
      async collect() {
        await Promise.resolve();
        return [
          rows,
          {
            name: 'duck',
            get: () => ({ ...rows, name: 'duck', values: [{ labels: {}, value: 2 }] }),
          },
        ];
      },
    });
    register.registerCollector({
      *collect() {
        const g = new client.Gauge({ name: 'g', help: 'h', registers: [] });
        g.set(3);
        yield g;
      },
    });
    for (let i = 0; i < 2; i++) {
      const text = await register.metrics();
      for (const line of ['p_rows{d="1"} 2', 'p_duck{d="1"} 2', 'p_g{d="1"} 3']) {
        expect(text.split('\n')).toContain(line);
      }
      const json = await register.getMetricsAsJSON();
      expect(json.map(({ name }) => name).sort()).toEqual(['p_duck', 'p_g', 'p_rows']);
      expect(json.map(({ values }) => values[0]!.labels)).toEqual([
        { d: '1' },
        { d: '1' },
        { d: '1' },
      ]);
    }
    expect(rows.values).toEqual([{ labels: {}, value: 2 }]);
  });

  test('a yielded metric whose name is taken is left out, with one warning for each name', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const client = await load();
    const { register } = client;
    new client.Gauge({ name: 'g', help: 'own' }).set(1);
    const collector = several(client, () => 9);
    register.registerCollector(collector);
    register.registerCollector(collector);
    for (let i = 0; i < 3; i++) {
      const text = await register.metrics();
      expect(text.match(/^g.*$/gm)).toEqual(['g 1']);
      expect(text.match(/^h_count .*$/gm)).toEqual(['h_count 1']);
    }
    expect((await register.getMetricsAsJSON()).filter(({ name }) => name === 'g')).toHaveLength(1);
    const messages = warned.mock.calls.map(([message]) => String(message));
    expect(messages.map((message) => /metric (\w+),/.exec(message)?.[1]).sort()).toEqual([
      'c_bytes_total',
      'g',
      'h',
    ]);
  });

  test('a metric that is declared later is printed in place of a yielded metric of its name', async () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const client = await load();
    const { register } = client;
    register.registerCollector(
      several(client, () => 9),
      { everywhere: true },
    );
    expect(await register.metrics()).toContain('g{a="x"} 9\n');
    new client.Gauge({ name: 'g', help: 'own' }).set(1);
    expect(await register.metrics()).toContain('\ng 1\n');
  });

  test('an error of a collector rejects the scrape, as an error of a collect callback does', async () => {
    const { register } = await load();
    const end = register.registerCollector({
      collect: () => {
        throw new Error('mine');
      },
    });
    expect(await rejected(register.metrics())).toBe('Error: mine');
    expect(await rejected(register.getMetricsAsJSON())).toBe('Error: mine');
    end();
    register.registerCollector(any({ collect: () => 5 }));
    expect(await rejected(register.metrics())).toBe(
      'TypeError: the result of a collector must be an array of metrics, and is 5',
    );
    register.clear();
    expect(await register.metrics()).toBe('\n');
    register.registerCollector(any({ collect: () => [5] }));
    expect(await rejected(register.metrics())).toContain(
      'TypeError: a collector must yield metrics',
    );
  });

  test.each([
    [[undefined], 'collector must be an object with a function collect, and is undefined'],
    [[{}], 'collector must be an object with a function collect, and is {}'],
    [[{ collect: () => [] }, 5], 'options must be an object, and is 5'],
    [[{ collect: () => [] }, { everywhere: 1 }], 'everywhere must be true or false, and is 1'],
  ])('%j is refused', async (args, message) => {
    const { register } = await load();
    expect(
      thrown(() => {
        (register.registerCollector as (...given: unknown[]) => void)(...args);
      }),
    ).toBe(`TypeError: ${message}`);
  });
});
