/** Differences from prom-client that no other spec shows; docs/COMPATIBILITY.md names them by their titles. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test, vi } from 'vitest';

import { differs } from '../support/difference';
import { any, rejected, thrown } from '../support/subject';

const g = (...lines: string[]) => ['# HELP g h', '# TYPE g gauge', ...lines, ''].join('\n');
const labelled = { name: 'g', help: 'h', labelNames: ['a', 'b'] } as const;

differs(
  'label sets that prom-client joins to one text',
  async ({ Gauge, register }) => {
    const gauge = new Gauge(labelled);
    gauge.set({ a: '1,b:2' }, 1);
    gauge.set({ a: '1', b: '2' }, 2);
    return register.metrics();
  },
  g('g{a="1",b="2"} 2'),
  g('g{a="1,b:2"} 1', 'g{a="1",b="2"} 2'),
);

differs(
  'labels in another order at a later update',
  async ({ Gauge, register }) => {
    const gauge = new Gauge(labelled);
    gauge.set({ a: '1', b: '2' }, 1);
    gauge.set({ b: '2', a: '1' }, 2);
    return register.metrics();
  },
  g('g{b="2",a="1"} 2'),
  g('g{a="1",b="2"} 2'),
);

differs(
  'labels that are undefined',
  async ({ Gauge, register }) => {
    const gauge = new Gauge(labelled);
    gauge.inc({}, 1);
    gauge.inc({ a: any(undefined) }, 2);
    gauge.inc({ a: 'undefined' }, 4);
    gauge.inc({ a: 'x', b: any(undefined) }, 8);
    gauge.inc({ a: 'x', b: 'undefined' }, 16);
    return [await register.metrics(), (await gauge.get()).values.map(({ labels }) => labels)];
  },
  [
    g('g 3', 'g{a="undefined"} 4', 'g{a="x",b="undefined"} 8', 'g{a="x",b="undefined"} 16'),
    [{}, { a: 'undefined' }, { a: 'x', b: undefined }, { a: 'x', b: 'undefined' }],
  ],
  [
    g('g 1', 'g{a="undefined"} 6', 'g{a="x",b="undefined"} 24'),
    [{}, { a: 'undefined' }, { a: 'x', b: 'undefined' }],
  ],
);

differs(
  'labels() called twice with one label set',
  ({ Gauge }) => {
    const gauge = new Gauge(labelled);
    gauge.labels('1', '2').inc();
    return gauge.labels('1', '2') === gauge.labels('1', '2');
  },
  false,
  true,
);

differs(
  'a label value that is an object',
  async ({ Gauge, register }) => {
    new Gauge(labelled).set({ a: any({ toString: () => '"' }) }, 1);
    return register.metrics();
  },
  g('g{a="""} 1'),
  g('g{a="\\""} 1'),
);

differs(
  'a lone surrogate in a label value',
  async ({ Gauge, register }) => {
    new Gauge(labelled).set({ a: '\ud800' }, 1);
    return register.metrics();
  },
  g('g{a="\ud800"} 1'),
  g('g{a="\ufffd"} 1'),
);

differs(
  'default labels that make two series equal',
  async ({ Gauge, register }) => {
    register.setDefaultLabels({ a: '1' });
    const gauge = new Gauge(labelled);
    gauge.set({}, 1);
    gauge.set({ a: '1' }, 2);
    return register.metrics();
  },
  g('g{a="1"} 1', 'g{a="1"} 2'),
  g('g{a="1"} 3'),
  g('g{a="1"} 1', 'g{a="1"} 2'),
);

differs(
  'reading JSON with default labels',
  async ({ Gauge, register }) => {
    register.setDefaultLabels({ b: 'x' });
    const gauge = new Gauge(labelled);
    gauge.set({ a: 1 }, 1);
    await register.getMetricsAsJSON();
    return (await gauge.get()).values;
  },
  [{ labels: { a: 1, b: 'x' }, value: 1 }],
  [{ labels: { a: 1 }, value: 1 }],
);

differs(
  'default labels that are changed in the object that was given, and default labels that are undefined',
  async ({ Gauge, register }) => {
    const labels = { b: 1 };
    register.setDefaultLabels(labels);
    new Gauge({ name: 'g', help: 'h' });
    labels.b = 2;
    const changed = await register.metrics();
    register.setDefaultLabels(any(undefined));
    return [changed, await rejected(register.metrics())];
  },
  [g('g{b="2"} 0'), 'TypeError: Cannot convert undefined or null to object'],
  [g('g{b="1"} 0'), 'nothing'],
);

differs(
  'a metric that is registered in a collect',
  async ({ Gauge, register }) => {
    let late: unknown;
    const collect = () => void (late ??= new Gauge({ name: 'late', help: 'h' }));
    new Gauge({ name: 'g', help: 'h', collect });
    const names = (text: string) => text.match(/^\w+(?= )/gm);
    const text = names(await register.metrics());
    register.removeSingleMetric('late');
    late = undefined;
    return [text, (await register.getMetricsAsJSON()).map(({ name }) => name)];
  },
  [['g'], ['g']],
  [
    ['g', 'late'],
    ['g', 'late'],
  ],
);

// The results are equal. The difference is not visible here: on the heap, the removed metric counts in this process's
// own memory.
differs(
  'a removed metric counts on, and keeps its value when it is registered again',
  async ({ Gauge, register }) => {
    const gauge = new Gauge({ name: 'g', help: 'h' });
    gauge.set(1);
    register.removeSingleMetric('g');
    gauge.inc();
    const unseen = await register.metrics();
    register.registerMetric(gauge);
    return [unseen, await register.metrics()];
  },
  ['\n', g('g 2')],
  ['\n', g('g 2')],
);

differs(
  'the return value of inc()',
  ({ Counter }) => {
    const counter = new Counter({ name: 'c', help: 'h' }) as unknown as { inc(): unknown };
    return counter.inc();
  },
  { labelHash: '' },
  undefined,
);

differs(
  'buckets that are equal',
  async ({ Histogram }) => {
    const h = new Histogram({ name: 'h', help: 'h', buckets: [1, 1, 2] });
    h.observe(0.5);
    return (await h.get()).values.map(({ value }) => value);
  },
  [1, 2, 2, 1, 0.5, 1],
  [1, 1, 1, 1, 0.5, 1],
);

differs(
  'settings that are undefined or null',
  async ({ Gauge, Histogram, register }) => [
    thrown(() => new Histogram({ name: 'a', help: 'h', buckets: any(undefined) })),
    thrown(() => new Histogram({ name: 'b', help: 'h', buckets: any(null) })),
    thrown(() => new Gauge({ name: 'c', help: 'h', labelNames: any(null) })),
    thrown(() => new Gauge({ name: 'd', help: 'h', aggregator: any(undefined) })),
    (await register.getSingleMetric('d')!.get()).aggregator,
  ],
  [
    "TypeError: Cannot read properties of undefined (reading 'reduce')",
    "TypeError: Cannot read properties of null (reading 'reduce')",
    "TypeError: Cannot read properties of null (reading 'every')",
    'nothing',
    undefined,
  ],
  ['nothing', 'nothing', 'nothing', 'nothing', 'sum'],
);

differs(
  'buckets and percentiles that are strings, in JSON',
  async ({ Histogram, Summary }) => {
    const all = [
      new Histogram({ name: 'h', help: 'h', buckets: any(['1']) }),
      new Summary({ name: 's', help: 'h', percentiles: any(['0.5']) }),
    ];
    const rows = await Promise.all(all.map(async (one) => (await one.get()).values[0]!.labels));
    return rows.map((labels) => Object.values(labels)[0] as unknown);
  },
  ['1', '0.5'],
  [1, 0.5],
);

differs(
  'a window whose numbers are strings',
  async ({ Summary }) => {
    let now = 6e11;
    vi.spyOn(Date, 'now').mockImplementation(() => now);
    const window = { maxAgeSeconds: any('60'), ageBuckets: any('5') };
    const s = new Summary({ name: 's', help: 'h', percentiles: [1], ...window });
    s.observe(3);
    const largest = async () => (await s.get()).values[0]!.value;
    const seen = [await largest()];
    now += 30_000;
    seen.push(await largest());
    now += 60_000;
    seen.push(await largest());
    vi.restoreAllMocks();
    return seen;
  },
  [3, 0, 0],
  [3, 3, 0],
);

differs(
  '-0 in JSON',
  async ({ Gauge }) => {
    const gauge = new Gauge({ name: 'g', help: 'h' });
    gauge.set(-0);
    return Object.is((await gauge.get()).values[0]!.value, -0);
  },
  true,
  false,
  true,
);

differs(
  'the order of metrics that are on two registries',
  async ({ Gauge, Registry }) => {
    const [one, two] = [new Registry(), new Registry()];
    two.setDefaultLabels({ a: 1 });
    new Gauge({ name: 'both', help: 'h', registers: [one, two] });
    new Gauge({ name: 'own', help: 'h', registers: [two] });
    return (await two.metrics()).match(/^\w+(?=\{)/gm);
  },
  ['both', 'own'],
  ['own', 'both'],
  ['both', 'own'],
);

differs(
  'a name, help or aggregator that is assigned later',
  async ({ Gauge, register }) => {
    const gauge = new Gauge({ name: 'g', help: 'h' });
    Object.assign(gauge, { name: 'other', help: 'else', aggregator: 'max' });
    return [await register.metrics(), (await gauge.get()).aggregator];
  },
  ['# HELP other else\n# TYPE other gauge\nother 0\n', 'max'],
  [g('g 0'), 'sum'],
);

differs(
  'a metric whose name is that of a property of every object',
  ({ Gauge }) => thrown(() => new Gauge({ name: 'constructor', help: 'h' })),
  'Error: A metric with the name constructor has already been registered.',
  'nothing',
);

differs(
  "resetMetrics() and another package's metric without reset(), and the order of names that are numbers",
  async ({ Registry }) => {
    const registry = new Registry();
    for (const name of ['b', '1']) {
      const rows = { name, help: 'h', type: 'gauge', values: [] };
      registry.registerMetric(any({ name, get: () => Promise.resolve(rows) }));
    }
    const names = (await registry.getMetricsAsJSON()).map(({ name }) => name);
    return [
      names,
      thrown(() => {
        registry.resetMetrics();
      }),
    ];
  },
  [['1', 'b'], 'TypeError: this._metrics[metric].reset is not a function'],
  [['b', '1'], 'nothing'],
);

differs(
  'remove(null)',
  ({ Gauge }) =>
    thrown(() => {
      new Gauge(labelled).remove(any(null));
    }),
  "TypeError: Cannot read properties of null (reading 'a')",
  'nothing',
);

differs(
  'the return value of collectDefaultMetrics()',
  ({ collectDefaultMetrics }) => typeof collectDefaultMetrics(),
  'undefined',
  'function',
);

differs(
  'an exemplar that is refused',
  async ({ Counter, Registry, openMetricsContentType }) => {
    const register = new Registry(any(openMetricsContentType));
    const common = { help: 'h', enableExemplars: true, registers: [register] };
    const counter = new Counter({ name: 'c', ...common });
    const exemplarLabels = { long: 'x'.repeat(128) };
    const error = thrown(() => {
      counter.inc({ exemplarLabels });
    });
    return [error.split(':')[0], (await register.metrics()).split('\n')[2]];
  },
  ['RangeError', 'c_total 1 # {} +Inf undefined'],
  ['RangeError', 'c_total 1'],
);

differs(
  'a median between observations of both signs, and the median of three equal observations and a larger one',
  async ({ Summary }) => {
    const median = async (values: number[]) => {
      const s = new Summary({ name: 's', help: 'h', percentiles: [0.5], registers: [] });
      for (const value of values) s.observe(value);
      return Math.round((await s.get()).values[0]!.value);
    };
    return [await median([-4, -4, 2, 2]), await median([1, 1, 1, 5])];
  },
  [-1, 2],
  [-4, 1],
);

differs(
  "a summary's series that were not observed since a reset, with pruneAgedBuckets",
  async ({ Summary, register }) => {
    const window = { maxAgeSeconds: 60, ageBuckets: 2, pruneAgedBuckets: true };
    const s = new Summary({ name: 's', help: 'h', labelNames: ['a'], ...window });
    s.observe({ a: 1 }, 1);
    s.observe({ a: 2 }, 1);
    s.reset();
    const lines = async () => (await register.metrics()).match(/^s_count.*$/gm) ?? [];
    const hidden = await lines();
    s.observe({ a: 2 }, 1);
    s.observe({ a: 1 }, 1);
    return [hidden, await lines()];
  },
  [[], ['s_count{a="2"} 1', 's_count{a="1"} 1']],
  [[], ['s_count{a="1"} 1', 's_count{a="2"} 1']],
  [[], ['s_count{a="2"} 1', 's_count{a="1"} 1']],
);

differs(
  'properties that this package does not have',
  ({ Gauge, Histogram, Summary, register }) => {
    const [gauge, histogram, summary] = [
      new Gauge({ name: 'g', help: 'h' }),
      new Histogram({ name: 'h', help: 'h' }),
      new Summary({ name: 's', help: 'h' }),
    ];
    const { hashMap } = summary as unknown as { hashMap: Record<string, object> };
    return [
      'td' in hashMap['']!,
      'sortedLabelNames' in gauge,
      'getForPromString' in histogram,
      '_metrics' in register,
      '_defaultLabels' in register,
    ];
  },
  [true, true, true, true, true],
  [false, false, false, false, false],
);

test('deep paths that this package does not have', () => {
  const lib = (name: string) => join(__dirname, '..', '..', 'ts', 'lib', name);
  for (const name of ['exemplar', 'timeWindowQuantiles']) {
    expect([name, existsSync(lib(`${name}.ts`))]).toEqual([name, false]);
  }
});
