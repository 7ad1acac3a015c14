/**
 * Random programs on two registries, run on prom-client and on this package. After every step that reads, the text, the
 * JSON and the result of `get()` must be the same byte by byte, and errors must have the same messages, except for what
 * this package adds at the end of some.
 *
 * Where a label is undefined, prom-client gets the text `undefined` instead. Otherwise prom-client would print two
 * series with equal labels, one for undefined and one for the text; this package has one series.
 *
 * The programs leave out cases in which this package differs from prom-client on purpose:
 *
 * - label values with a comma or a colon: prom-client has one key for `{ a: '1,b:2' }` and for `{ a: 1, b: 2 }`,
 * - a gauge's `set` with its labels in another order, after which prom-client prints the new order,
 * - default labels that make one series of two,
 * - two equal bounds,
 * - lone surrogates, which UTF-8 cannot encode,
 * - JSON with default labels, except at the end: prom-client writes them into the series for good,
 * - quantiles, which are compared only between memory storage and the heap.
 */

import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';

import {
  anything,
  defaults,
  finite,
  labels,
  NAMES,
  positive,
  sorted,
  spelled,
  type Labels,
} from '../support/arbitraries';
import { LIMIT } from '../support/patience.mjs';
import { any, heap, memory, oracle, subjects, thrown, type Client } from '../support/subject';

/**
 * One step: what to do, and to what. `from` is the index of a metric (`zero` ignores it); for `wrong`, the index of a
 * call of `WRONG`.
 */
type Step =
  | { do: 'count' | 'child' | 'gauge' | 'add'; labels: Labels; value: number }
  | { do: 'observe' | 'observeChild' | 'summarise'; labels: Labels; value: number }
  | { do: 'zero' | 'remove'; labels: Labels; from: number }
  | { do: 'reset' | 'unregister'; from: number }
  | { do: 'defaults'; labels: Labels }
  | { do: 'wrong'; labels: Labels; from: number }
  | { do: 'resetAll' | 'clear' | 'look' | 'json' };

function make({ Counter, Gauge, Histogram, Summary, Registry }: Client, percentiles: number[]) {
  const [register, other] = [new Registry(), new Registry()];
  const common = { help: 'h\n\\', labelNames: NAMES, registers: [register, other] };
  const metrics = [
    new Counter({ name: 'c', ...common }),
    new Gauge({ name: 'g', ...common }),
    new Histogram({ name: 'h', buckets: [1, 0.1, 25, -2, Infinity], ...common }),
    new Summary({ name: 's', percentiles, ...common }),
  ] as const;
  new Counter({ name: 'plain', help: 'h', registers: [register] }).inc(3);
  new Gauge({ name: 'alone', help: 'h', registers: [other] }).set(4);
  other.setDefaultLabels({ other: 1 });
  return { register, other, metrics };
}

type Made = ReturnType<typeof make>;

/** Calls that throw. */
const WRONG: readonly ((made: Made, client: Client, labels: Labels) => void)[] = [
  ({ metrics: [c] }, _, given) => {
    c.inc(any(given), -1);
  },
  ({ metrics: [c] }, _, given) => {
    c.inc(any({ ...given, undeclared: 1 }));
  },
  ({ metrics: [c] }, _, given) => {
    c.inc(any(given), any('3ms'));
  },
  ({ metrics: [c] }) => {
    c.labels('too', 'few').inc();
  },
  ({ metrics: [c] }, _, given) => {
    c.labels(any({ ...given, z: 1 })).inc();
  },
  ({ metrics: [c] }) => {
    c.remove('too', 'few');
  },
  ({ metrics: [, g] }, _, given) => {
    g.set(any(given), any('5'));
  },
  ({ metrics: [, g] }, _, given) => {
    g.set(any(given), any(undefined));
  },
  ({ metrics: [, g] }, _, given) => {
    g.inc(any(given), any(null));
  },
  ({ metrics: [, g] }) => g.labels('1', '2', '3', '4'),
  ({ metrics: [, , h] }, _, given) => {
    h.observe(any(given), any('5'));
  },
  ({ metrics: [, , h] }, _, given) => {
    h.observe(any({ ...given, le: 1 }), 5);
  },
  ({ metrics: [, , h] }, _, given) => {
    h.observe(any(given), NaN);
  },
  ({ metrics: [, , , s] }, _, given) => {
    s.observe(any({ ...given, quantile: 1 }), 5);
  },
  ({ metrics: [, , , s] }, _, given) => {
    s.observe(any(given), any(null));
  },
  ({ metrics: [c], register }) => {
    register.registerMetric({ name: 'c', get: () => c });
  },
  ({ register }, { Gauge }) => new Gauge({ name: 'c', help: 'h', registers: [register] }),
  (_, { Gauge }) => new Gauge({ name: '9', help: 'h', registers: [] }),
  (_, { Summary }) => new Summary({ name: 's', help: 'h', labelNames: ['a b'], registers: [] }),
  (_, { Registry }) => new Registry(any('text/html')),
  ({ register }) => {
    register.setContentType(any('text/html'));
  },
];

/** The step as prom-client is given it: see {@link spelled}. */
function asText(one: Step): Step {
  return 'labels' in one ? { ...one, labels: spelled(one.labels) } : one;
}

const which = fc.nat({ max: 3 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('count' as const), labels, value: positive }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('child' as const), labels, value: positive }),
  },
  fc.record({ do: fc.constantFrom('gauge', 'add'), labels: sorted, value: anything }),
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('observe', 'observeChild', 'summarise'),
      labels,
      value: finite,
    }),
  },
  fc.record({ do: fc.constantFrom('zero', 'remove'), labels, from: which }),
  fc.record({ do: fc.constant('reset' as const), from: which }),
  fc.record({ do: fc.constant('unregister' as const), from: which }),
  fc.record({ do: fc.constant('defaults' as const), labels: defaults }),
  fc.record({ do: fc.constant('wrong' as const), labels: sorted, from: fc.nat(WRONG.length - 1) }),
  fc.record({ do: fc.constantFrom('resetAll', 'clear', 'look', 'json') }),
);

/** Both registries' text. */
async function print({ register, other }: Made): Promise<string[]> {
  // Sorted, because the order differs from prom-client's: on heap storage, the second registry prints the metrics that
  // are also on the first registry after all others.
  const families = (await other.metrics()).trim().split('\n\n').sort();
  return [await register.metrics(), families.join('\n\n')];
}

/** Results of all calls that return objects, serialised. */
async function read({ register, other, metrics }: Made): Promise<string[]> {
  return [
    register.getMetricsAsArray().map(({ name }) => name),
    await register.getMetricsAsJSON(),
    (await other.getMetricsAsJSON()).sort((x, y) => (x.name < y.name ? -1 : 1)),
    ...(await Promise.all(metrics.map((metric) => metric.get()))),
  ].map(serialised);
}

function serialised(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));
}

async function run(
  client: Client,
  program: readonly Step[],
  percentiles: number[] = [],
): Promise<string[]> {
  const made = make(client, percentiles);
  const { register, other, metrics } = made;
  const [counter, gauge, histogram, summary] = metrics;
  const seen: string[] = [];
  let plain = true;
  // Reads JSON without default labels, because prom-client would write them into the series for good.
  const json = async () => {
    if (!plain) return;
    other.setDefaultLabels({});
    seen.push(...(await read(made)));
    other.setDefaultLabels({ other: 1 });
  };
  for (const one of program) {
    switch (one.do) {
      case 'count':
        counter.inc(any(one.labels), one.value);
        break;
      case 'child':
        counter.labels(any(one.labels)).inc(one.value);
        break;
      case 'gauge':
        gauge.set(any(one.labels), one.value);
        break;
      case 'add':
        gauge.labels(any(one.labels)).dec(one.value);
        break;
      case 'observe':
        histogram.observe(any(one.labels), one.value);
        break;
      case 'observeChild':
        histogram.labels(any(one.labels)).observe(one.value);
        break;
      case 'summarise':
        summary.observe(any(one.labels), one.value);
        break;
      case 'zero':
        // Removes the series first: prom-client would print an existing series with its labels in the order of this
        // call from now on.
        histogram.remove(one.labels);
        histogram.zero(any(one.labels));
        break;
      case 'remove':
        metrics[one.from]!.remove(one.labels);
        break;
      case 'reset':
        metrics[one.from]!.reset();
        break;
      case 'unregister':
        register.removeSingleMetric(metrics[one.from]!.name);
        seen.push(await register.metrics());
        register.registerMetric(metrics[one.from]!);
        break;
      case 'defaults':
        register.setDefaultLabels(one.labels);
        plain = Object.keys(one.labels).length === 0;
        break;
      case 'resetAll':
        register.resetMetrics();
        break;
      case 'clear':
        register.clear();
        plain = true;
        for (const metric of metrics) register.registerMetric(metric);
        break;
      case 'wrong':
        seen.push(
          thrown(() => {
            WRONG[one.from]!(made, client, one.labels);
          }),
        );
        break;
      case 'json':
        await json();
        break;
      case 'look':
        seen.push(...(await print(made)));
    }
  }
  seen.push(...(await print(made)));
  await json();
  register.setDefaultLabels({ more: 'x' });
  seen.push(serialised(await register.getMetricsAsJSON()));
  // Frees the names. Otherwise the metrics of the next program would not be shared: if two registries without a name
  // have metrics of the same name, only the first of these metrics is shared.
  register.clear();
  other.clear();
  return seen;
}

const RUNS = Number(process.env['MPMETRICS_TEST_RUNS'] ?? 300);

describe.each(subjects)('random programs on $name', ({ load }) => {
  test('print what prom-client prints', { timeout: LIMIT + 100 * RUNS }, async () => {
    const ours = await load();
    const theirs = await oracle.load();
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 40, size: 'max' }),
      async (program) => {
        const found = await run(ours, program);
        expect(found).toEqual(await run(theirs, program.map(asText)));
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  });
});

test(
  'random programs print the same quantiles on either storage',
  { timeout: LIMIT + 100 * RUNS },
  async () => {
    const [ours, other] = [await heap.load(), await memory.load()];
    const percentiles = [0, 0.01, 0.3, 0.5, 0.99, 1];
    const programs = fc.array(step, { maxLength: 40, size: 'max' });
    const property = fc.asyncProperty(programs, async (program) => {
      const found = await run(ours, program, percentiles);
      expect(found).toEqual(await run(other, program, percentiles));
    });
    await fc.assert(property, { numRuns: RUNS });
  },
);

afterAll(() => {
  expect(RUNS).toBeGreaterThan(0);
});
