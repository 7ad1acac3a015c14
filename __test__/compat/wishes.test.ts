/** Features that users ask of prom-client. It does not have them, so there is nothing to compare with. */

import { describe, expect, test } from 'vitest';

import { samples } from '../support/samples';
import { any, subjects, thrown, type Client } from '../support/subject';

const lines = async ({ register }: Client) =>
  (await register.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe.each(subjects)('$name', ({ load }) => {
  describe('labelValues', () => {
    const labels = {
      labelNames: ['method', 'status'] as const,
      labelValues: { method: ['GET', 'POST'], status: [200, 500] },
    };

    test('shows every combination of a counter from the beginning', async () => {
      const client = await load();
      const counter = new client.Counter({ name: 'c', help: 'h', ...labels });
      const all = ['GET', 'POST'].flatMap((method) =>
        [200, 500].map((status) => `c{method="${method}",status="${status}"}`),
      );
      expect(await lines(client)).toEqual(all.map((name) => `${name} 0`));
      counter.inc({ status: '200', method: 'POST' }, 3);
      counter.inc({ method: 'PUT', status: 200 });
      const seen = samples(await client.register.metrics());
      expect([...seen]).toEqual([
        [all[0], 0],
        [all[1], 0],
        [all[2], 3],
        [all[3], 0],
        ['c{method="PUT",status="200"}', 1],
      ]);
      counter.reset();
      expect((await lines(client)).sort()).toEqual(all.map((name) => `${name} 0`));
      counter.remove('GET', 500);
      expect(await lines(client)).toHaveLength(3);
    });

    test('shows the combinations of the other types, too', async () => {
      const client = await load();
      const common = { help: 'h', labelNames: ['a'] as const, labelValues: { a: ['x'] } };
      new client.Gauge({ name: 'g', ...common });
      new client.Histogram({ name: 'h', buckets: [1], ...common }).reset();
      new client.Summary({ name: 's', percentiles: [], ...common });
      expect(await lines(client)).toEqual([
        'g{a="x"} 0',
        'h_bucket{le="1",a="x"} 0',
        'h_bucket{le="+Inf",a="x"} 0',
        'h_sum{a="x"} 0',
        'h_count{a="x"} 0',
        's_sum{a="x"} 0',
        's_count{a="x"} 0',
      ]);
    });

    test.each([
      [{ b: ['x'] }, 'labelValues has "b", which is none of the labels (a, c)'],
      [{ a: ['x'] }, 'labelValues must have an array for each label (a, c), and has none for "c"'],
      [
        { a: 'x', c: [] },
        'labelValues must have an array for each label (a, c), and has none for "a"',
      ],
      [
        { a: Array.from({ length: 1000 }), c: Array.from({ length: 101 }) },
        'labelValues makes more than 100000 label sets',
      ],
    ])('refuses invalid labelValues (%#)', async (labelValues, message) => {
      const { Counter, register } = await load();
      const config = { name: 'c', help: 'h', labelNames: ['a', 'c'], labelValues };
      expect(thrown(() => new Counter(any(config)))).toBe(`TypeError: ${message}`);
      expect(register.getMetricsAsArray()).toEqual([]);
    });
  });

  describe("ifExists: 'reuse'", () => {
    const reuse = { help: 'h', ifExists: 'reuse' } as const;

    test('goes on from the counts of the existing metric', async () => {
      const client = await load();
      const make = () => [
        new client.Counter({ name: 'c', labelNames: ['a'], ...reuse }),
        new client.Histogram({ name: 'h', buckets: [1], ...reuse }),
        new client.Counter({ name: 'plain', ...reuse }),
      ];
      const count = ([c, h, plain]: ReturnType<typeof make>) => {
        (c as InstanceType<Client['Counter']>).inc({ a: 'x' });
        (h as InstanceType<Client['Histogram']>).observe(0.5);
        (plain as InstanceType<Client['Counter']>).inc();
      };
      const before = make();
      const child = (before[0] as InstanceType<Client['Counter']>).labels('x');
      count(before);
      const after = make();
      count(after);
      // Code that was not loaded again still has the old objects.
      count(before);
      child.inc();
      expect(await lines(client)).toEqual([
        'c{a="x"} 4',
        'h_bucket{le="1"} 3',
        'h_bucket{le="+Inf"} 3',
        'h_sum 1.5',
        'h_count 3',
        'plain 3',
      ]);
      expect(client.register.getMetricsAsArray()).toEqual(after);
      expect(client.register.getSingleMetric('c')).toBe(after[0]);
      client.register.removeSingleMetric('c');
      expect((await lines(client)).some((line) => line.startsWith('c'))).toBe(false);
    });

    test('calls the new collect only', async () => {
      const client = await load();
      const calls: string[] = [];
      const make = (who: string) =>
        new client.Gauge({
          name: 'g',
          ...reuse,
          collect() {
            calls.push(who);
            this.inc();
          },
        });
      make('old');
      await client.register.metrics();
      make('new');
      expect(await lines(client)).toEqual(['g 2']);
      expect(calls).toEqual(['old', 'new']);
      new client.Gauge({ name: 'g', ...reuse });
      expect(await lines(client)).toEqual(['g 2']);
    });

    test('adds the metric to each registry that does not have it yet', async () => {
      const client = await load();
      const registers = [new client.Registry(), new client.Registry()];
      new client.Counter({ name: 'c', ...reuse, registers: [registers[0]!] }).inc(2);
      new client.Counter({ name: 'c', ...reuse, registers }).inc(3);
      const texts = await Promise.all(registers.map((register) => register.metrics()));
      expect(texts.map((text) => samples(text).get('c'))).toEqual([5, 5]);
    });

    test.each([
      [{ help: 'other' }, "with help 'h' and not 'other'"],
      [{ labelNames: ['b'] }, "with labelNames [ 'a' ] and not [ 'b' ]"],
      [{ buckets: [1, 2] }, 'with buckets [ 1 ] and not [ 1, 2 ]'],
      [{ aggregator: 'max' }, "with aggregator 'sum' and not 'max'"],
    ])('refuses a metric that is not the same (%#)', async (other, difference) => {
      const { Histogram } = await load();
      const config = { name: 'm', labelNames: ['a'], buckets: [1], ...reuse };
      new Histogram(config);
      expect(thrown(() => new Histogram(any({ ...config, ...other })))).toBe(
        `Error: A metric with the name m has already been registered, ${difference}.`,
      );
    });

    test('refuses another type, and unknown values of ifExists', async () => {
      const { Counter, Gauge } = await load();
      new Counter({ name: 'm', help: 'h' });
      expect(thrown(() => new Gauge({ name: 'm', ...reuse }))).toBe(
        "Error: A metric with the name m has already been registered, with type 'counter' and not 'gauge'.",
      );
      expect(thrown(() => new Counter({ name: 'm', help: 'h', ifExists: 'throw' }))).toBe(
        'Error: A metric with the name m has already been registered.',
      );
      expect(thrown(() => new Counter({ name: 'm', help: 'h', ifExists: any('keep') }))).toBe(
        "TypeError: ifExists must be 'throw' or 'reuse', and is 'keep'",
      );
    });

    test('starts the default metrics again', async () => {
      const client = await load();
      const config = { ...reuse, metrics: ['version', 'gc', 'processCpuTotal'] };
      client.collectDefaultMetrics(config);
      const cpu = async () =>
        samples(await client.register.metrics()).get('process_cpu_seconds_total')!;
      const before = await cpu();
      const stop = client.collectDefaultMetrics(config);
      expect(await cpu()).toBeGreaterThanOrEqual(before);
      stop();
      expect(await lines(client)).toEqual([]);
    });
  });
});
