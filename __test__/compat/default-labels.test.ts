/** Default values of labels (`defaultLabels`), and labels that are chosen step by step. */
import { afterEach, describe, expect, test, vi } from 'vitest';

import { any, subjects, thrown } from '../support/subject';

afterEach(() => {
  vi.restoreAllMocks();
});

/** Returns the lines of a scrape that have a metric's samples. */
async function lines(metric: { name?: string }, register: { metrics(): Promise<string> }) {
  const { name } = metric as { name: string };
  const text = await register.metrics();
  return text.split('\n').filter((line) => line.startsWith(name));
}

describe.each(subjects)('$name', ({ load }) => {
  describe('defaultLabels', () => {
    test('a given value replaces the default value, and undefined counts as not given', async () => {
      const { Counter, register } = await load();
      const c = new Counter({
        name: 'c',
        help: 'h',
        labelNames: ['a', 'b'],
        defaultLabels: { b: 'me' },
      });
      c.inc({ a: '1' });
      c.inc({ a: '1' });
      c.inc({ a: '1', b: undefined });
      c.inc({ b: 'me', a: '1' });
      c.inc({ a: '1', b: 'you' });
      c.inc({ a: '2' }, 5);
      c.inc();
      c.inc({});
      expect(await lines(c as never, register)).toEqual([
        'c{a="1",b="me"} 4',
        'c{a="1",b="you"} 1',
        'c{a="2",b="me"} 5',
        'c{b="me"} 2',
      ]);
    });

    test('the value of one label is never taken for the value of another', async () => {
      const { Counter, register } = await load();
      const c = new Counter({
        name: 'c',
        help: 'h',
        labelNames: ['a', 'b'],
        defaultLabels: { a: 'x', b: 'y' },
      });
      c.labels({ a: '1' }).inc();
      c.labels({ b: '1' }).inc(2);
      c.inc({ a: '1' }, 4);
      c.inc({ b: '1' }, 8);
      expect(await lines(c as never, register)).toEqual([
        'c{a="x",b="y"} 0',
        'c{a="1",b="y"} 5',
        'c{b="1",a="x"} 10',
      ]);
    });

    test('if every label has a default value, the series of these values is shown from the start and counts calls without labels', async () => {
      const client = await load();
      const { register } = client;
      const config = { help: 'h', labelNames: ['a'] as const, defaultLabels: { a: 'x' } };
      const c = new client.Counter({ name: 'c', ...config, labelNames: ['a'] });
      const g = new client.Gauge({ name: 'g', ...config, labelNames: ['a'] });
      const h = new client.Histogram({ name: 'h', buckets: [1], ...config, labelNames: ['a'] });
      const s = new client.Summary({ name: 's', percentiles: [], ...config, labelNames: ['a'] });
      expect(await register.metrics()).toContain('c{a="x"} 0\n');
      expect(await register.metrics()).toContain('g{a="x"} 0\n');
      expect(await register.metrics()).toContain('h_count{a="x"} 0\n');
      expect(await register.metrics()).toContain('s_count{a="x"} 0');
      c.inc();
      c.inc(2);
      g.set(7);
      g.labels().inc();
      h.observe(3);
      s.observe(4);
      s.labels().observe(4);
      const text = await register.metrics();
      for (const line of ['c{a="x"} 3', 'g{a="x"} 8', 'h_sum{a="x"} 3', 's_sum{a="x"} 8']) {
        expect(text.split('\n')).toContain(line);
      }
      c.reset();
      expect(await lines(c as never, register)).toEqual(['c{a="x"} 0']);
      c.inc();
      expect(await lines(c as never, register)).toEqual(['c{a="x"} 1']);
      c.remove({});
      expect(await lines(c as never, register)).toEqual([]);
      c.inc();
      c.remove('x');
      expect(await lines(c as never, register)).toEqual([]);
    });

    test('JSON has the types of the values, as they were given', async () => {
      const { Gauge, register } = await load();
      const g = new Gauge({
        name: 'g',
        help: 'h',
        labelNames: ['a', 'b'],
        defaultLabels: { b: 5 },
      });
      g.set({ a: 1 }, 2);
      g.set({ a: 1 }, 3);
      g.inc({ a: 1 });
      g.set({ a: 'x', b: '5' }, 1);
      const [json] = await register.getMetricsAsJSON();
      expect(json!.values).toEqual([
        { labels: { a: 1, b: 5 }, value: 4 },
        { labels: { a: 'x', b: '5' }, value: 1 },
      ]);
    });

    test('labelValues may leave out labels with a default value', async () => {
      const { Counter, register } = await load();
      const c = new Counter({
        name: 'c',
        help: 'h',
        labelNames: ['a', 'b'],
        labelValues: { a: ['1', '2'] },
        defaultLabels: { b: 'x' },
      });
      expect(await lines(c as never, register)).toEqual(['c{a="1",b="x"} 0', 'c{a="2",b="x"} 0']);
      c.inc({ a: '1' });
      c.reset();
      expect((await lines(c as never, register)).sort()).toEqual([
        'c{a="1",b="x"} 0',
        'c{a="2",b="x"} 0',
      ]);
    });

    test('startTimer(), time() and observe() with an exemplar add the default values', async () => {
      const client = await load();
      const register = new client.Registry(any(client.openMetricsContentType));
      const h = new client.Histogram({
        name: 'h',
        help: 'h',
        labelNames: ['a', 'b'],
        buckets: [100],
        defaultLabels: { b: 'x' },
        enableExemplars: true,
        registers: [any(register)],
      });
      h.startTimer({ a: '1' })();
      h.observe({ labels: { a: '1' }, value: 2, exemplarLabels: { trace: 't' } });
      h.time({ a: '1' }, () => 0);
      const text = await register.metrics();
      expect(text).toContain('h_count{a="1",b="x"} 3\n');
      expect(text).toMatch(/^h_bucket\{le="100",a="1",b="x"\} 3 # \{trace="t"\} 2 /m);
    });

    test('a metric that is declared again must have the same default values', async () => {
      const { Counter, register } = await load();
      const declare = (defaultLabels: object) =>
        new Counter(
          any({ name: 'c', help: 'h', labelNames: ['a'], ifExists: 'reuse', defaultLabels }),
        );
      declare({ a: 'x' }).inc();
      declare({ a: 'x' }).inc();
      expect(await register.metrics()).toContain('c{a="x"} 2');
      expect(thrown(() => declare({ a: 'y' }))).toContain('defaultLabels');
    });

    test.each([
      [{ z: 'x' }, 'TypeError: defaultLabels has "z", which is none of the labels (a, b)'],
      ['x', "TypeError: defaultLabels must be an object with values of labels, and is 'x'"],
      [['x'], 'TypeError: defaultLabels must be an object'],
      [{ a: {} }, 'TypeError: defaultLabels must have a string, a number or a boolean for "a"'],
      [{ a: null }, 'TypeError: defaultLabels must have a string, a number or a boolean for "a"'],
    ])('%j is refused, and nothing is registered', async (defaultLabels, message) => {
      const { Counter, register } = await load();
      const config = { name: 'c', help: 'h', labelNames: ['a', 'b'], defaultLabels };
      expect(thrown(() => new Counter(any(config)))).toContain(message);
      expect(register.getSingleMetric('c')).toBe(undefined);
    });

    test('undefined, null and an empty object mean no default values', async () => {
      const { Counter } = await load();
      for (const [i, defaultLabels] of [undefined, null, {}, { a: undefined }].entries()) {
        const c = new Counter(any({ name: `c${i}`, help: 'h', labelNames: ['a'], defaultLabels }));
        expect((await c.get()).values).toEqual([]);
      }
    });
  });

  describe('labels chosen step by step', () => {
    test('each step has its own series, a later value replaces an earlier one, and values without names are for the labels that are not chosen yet', async () => {
      const { Counter, register } = await load();
      const c = new Counter({ name: 'c', help: 'h', labelNames: ['a', 'b', 'c'] });
      const one = c.labels({ a: '1' });
      one.inc();
      one.labels({ b: '2' }).inc(2);
      one.labels({ b: '2' }).labels({ c: '3' }).inc(3);
      one.labels('2', '3').inc(4);
      one.labels({ a: 'x', b: '2' }).inc(5);
      c.labels({ b: '9' }).labels('8', '7').inc(6);
      c.labels('1', '2', '3').labels({ c: '4' }).inc(7);
      c.labels('1', '2', '3').labels().inc(8);
      one.inc();
      expect(await lines(c as never, register)).toEqual([
        'c{a="1"} 2',
        'c{a="1",b="2"} 2',
        'c{a="1",b="2",c="3"} 15',
        'c{a="x",b="2"} 5',
        'c{b="9",a="8",c="7"} 6',
        'c{a="1",b="2",c="4"} 7',
      ]);
    });

    test.each(['Counter', 'Gauge', 'Histogram', 'Summary'] as const)(
      'a child for which b was left out can still choose b, and one for which b was given cannot, whichever of the two is made first (%s)',
      async (type) => {
        const client = await load();
        const config = { help: 'h', labelNames: ['a', 'b'], defaultLabels: { b: 'me' } };
        for (const [i, order] of [
          [0, 1, 0, 1],
          [1, 0, 1, 0],
        ].entries()) {
          const metric = new client[type]({ name: `m${i}`, ...config });
          const update = (child: unknown) => {
            const one = child as { inc?: (by: number) => void; observe: (value: number) => void };
            if (one.inc === undefined) one.observe(1);
            else one.inc(1);
          };
          for (const which of order) {
            const child = which === 0 ? metric.labels('1') : metric.labels('1', 'me');
            update(child);
            const further = () => {
              update((child as { labels: (...args: string[]) => unknown }).labels('2'));
            };
            if (which === 0) further();
            else expect(further).toThrow('Invalid number of arguments (1)');
          }
          const text = await client.register.metrics();
          const end = ['Counter', 'Gauge'].includes(type) ? '' : '_count';
          expect(text).toContain(`m${i}${end}{a="1",b="me"} 4\n`);
          expect(text).toContain(`m${i}${end}{a="1",b="2"} 2\n`);
        }
      },
    );

    test('children of gauges, histograms and summaries choose further labels, too', async () => {
      const client = await load();
      const config = { help: 'h', labelNames: ['a', 'b'] };
      const g = new client.Gauge({ name: 'g', ...config });
      const h = new client.Histogram({ name: 'h', ...config, buckets: [] });
      const s = new client.Summary({ name: 's', ...config, percentiles: [] });
      const steps = [g.labels({ a: '1' }), h.labels({ a: '1' }), s.labels({ a: '1' })] as const;
      steps[0].labels({ b: '2' }).set(3);
      steps[1].labels('2').observe(4);
      steps[2].labels({ b: '2' }).observe(5);
      const text = await client.register.metrics();
      expect(text).toContain('g{a="1",b="2"} 3\n');
      expect(text).toContain('h_sum{a="1",b="2"} 4\n');
      expect(text).toContain('s_sum{a="1",b="2"} 5\n');
      for (const [step, name] of [
        [steps[0], 'g'],
        [steps[1], 'h'],
        [steps[2], 's'],
      ] as const) {
        const child = step.labels('2');
        child.remove();
        expect(await client.register.metrics()).not.toMatch(new RegExp(`^${name}.*b="2"`, 'm'));
      }
      steps[0].labels('2').inc();
      expect(await client.register.metrics()).toContain('g{a="1",b="2"} 1\n');
    });

    test('values without names may leave out the labels that have default values', async () => {
      const { Counter, register } = await load();
      const c = new Counter({
        name: 'c',
        help: 'h',
        labelNames: ['a', 'b', 'c'],
        defaultLabels: { c: 'x' },
      });
      c.labels('1', '2').inc();
      c.labels('1', '2', 'y').inc();
      c.labels({ a: '1' }).labels('2').inc();
      c.labels({ a: '1' }).labels('2', 'y').inc();
      c.remove('9', '9');
      expect(await lines(c as never, register)).toEqual([
        'c{a="1",b="2",c="x"} 2',
        'c{a="1",b="2",c="y"} 2',
      ]);
      c.remove('1', '2');
      c.labels({ a: '1' }).labels('2', 'y').remove();
      expect(await lines(c as never, register)).toEqual([]);
    });

    test('a wrong number of values and unknown labels are errors', async () => {
      const { Counter, Gauge } = await load();
      const c = new Counter({ name: 'c', help: 'h', labelNames: ['a', 'b'] });
      expect(thrown(() => c.labels({ a: '1' }).labels('2', '3'))).toBe(
        'Error: Invalid number of arguments (2): "2, 3" for label names (1): "b".',
      );
      expect(thrown(() => c.labels('1', '2').labels('3'))).toBe(
        'Error: Invalid number of arguments (1): "3" for label names (0): "".',
      );
      const g = new Gauge({ name: 'g', help: 'h', labelNames: ['a', 'b'] });
      expect(thrown(() => g.labels({ a: '1' }).labels(any({ z: '3' })))).toBe(
        `Error: Added label "z" is not included in initial labelset: [ 'a', 'b' ]`,
      );
    });

    test('updates of a child call the method that a subclass overrides', async () => {
      const { Counter } = await load();
      const seen: unknown[] = [];
      class Watched extends (Counter as unknown as new (config: object) => {
        inc(...args: unknown[]): void;
        labels(labels: object): { labels(labels: object): { inc(): void } };
      }) {
        override inc(...args: unknown[]): void {
          seen.push(args[0]);
          super.inc(...args);
        }
      }
      const c = new Watched({ name: 'c', help: 'h', labelNames: ['a', 'b'] });
      c.labels({ a: '1' }).labels({ b: '2' }).inc();
      expect(seen).toEqual([{ a: '1', b: '2' }]);
    });
  });
});
