/**
 * Random programs, run beside prom-client: the text must be the same byte for byte after every step
 * that looks at it.
 *
 * Left out, because they are to differ: label values that merge in prom-client's key (`1,b:2`), a
 * gauge's `set` with its labels in another order (prom-client then prints the new order), default labels
 * that make one series of two, two equal bounds, lone surrogates (which UTF-8 does not have), JSON before
 * text (it writes default labels into the series for good), and quantiles, which are compared between
 * the storages only.
 */

import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';

import { any, heap, memory, oracle, subjects, type Client } from '../support/subject';

const NAMES = ['a', 'b', 'le_'] as const;

type Labels = Record<string, unknown>;

/** One step: what to do, and to what. */
type Step =
  | { do: 'count' | 'child' | 'gauge' | 'add'; labels: Labels; value: number }
  | { do: 'observe' | 'bound' | 'summarise'; labels: Labels; value: number }
  | { do: 'zero' | 'remove'; labels: Labels; from: number }
  | { do: 'reset' | 'unregister'; from: number }
  | { do: 'defaults'; labels: Labels }
  | { do: 'resetAll' | 'clear' | 'look' };

const odd = fc.constantFrom<unknown[]>(
  ...['', '"', '\\', '\n', '\\n', '\\"', '{}', ' ', 'é', '💩', '\0', '\u2028', 'undefined', 'null'],
  ...[
    '1',
    'NaN',
    'le="1"',
    '#',
    1,
    0,
    -0,
    1.5,
    1e21,
    NaN,
    Infinity,
    true,
    false,
    null,
    undefined,
    7n,
  ],
);
const text = fc
  .string({ maxLength: 6, unit: 'grapheme' })
  .filter((value) => !/,|:/.test(value) && !/\p{Surrogate}/u.test(value));
const labels = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.oneof({ weight: 3, arbitrary: odd }, text)), {
    selector: ([name]) => name,
    maxLength: 3,
  })
  .map((pairs): Labels => Object.fromEntries(pairs));
/** In one order, and none that is left out by another name: prom-client prints those of the last `set`. */
const sorted = labels.map((given): Labels =>
  Object.fromEntries(
    Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  ),
);
/** Never the own labels of another series, which the heap would join and prom-client prints twice. */
const defaults = sorted.map((given): Labels =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, `\u2603${value as number}`]),
  ),
);
const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1, 0.1, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 2 ** 53),
  fc.integer({ min: -3, max: 30 }),
);
const positive = finite.map(Math.abs);
const anything = fc.oneof(finite, fc.constantFrom(NaN, Infinity, -Infinity));
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
      do: fc.constantFrom('observe', 'bound', 'summarise'),
      labels,
      value: finite,
    }),
  },
  fc.record({ do: fc.constantFrom('zero', 'remove'), labels, from: which }),
  fc.record({ do: fc.constant('reset' as const), from: which }),
  fc.record({ do: fc.constant('unregister' as const), from: which }),
  fc.record({ do: fc.constant('defaults' as const), labels: defaults }),
  fc.record({ do: fc.constantFrom('resetAll', 'clear', 'look') }),
);

function make({ Counter, Gauge, Histogram, Summary, Registry }: Client, percentiles: number[]) {
  const register = new Registry();
  const common = { help: 'h\n\\', labelNames: NAMES, registers: [register] };
  const metrics = [
    new Counter({ name: 'c', ...common }),
    new Gauge({ name: 'g', ...common }),
    new Histogram({ name: 'h', buckets: [1, 0.1, 25, -2, Infinity], ...common }),
    new Summary({ name: 's', percentiles, ...common }),
  ] as const;
  new Counter({ name: 'plain', help: 'h', registers: [register] }).inc(3);
  return { register, metrics };
}

async function run(
  client: Client,
  program: readonly Step[],
  percentiles: number[] = [],
): Promise<string[]> {
  const { register, metrics } = make(client, percentiles);
  const [counter, gauge, histogram, summary] = metrics;
  const seen: string[] = [];
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
      case 'bound':
        histogram.labels(any(one.labels)).observe(one.value);
        break;
      case 'summarise':
        summary.observe(any(one.labels), one.value);
        break;
      case 'zero':
        // Else prom-client prints these labels from now on, in this order.
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
        break;
      case 'resetAll':
        register.resetMetrics();
        break;
      case 'clear':
        register.clear();
        for (const metric of metrics) register.registerMetric(metric);
        break;
      case 'look':
        seen.push(await register.metrics());
    }
  }
  seen.push(await register.metrics());
  // The names are to be free for the next program's registry: it would be private otherwise.
  register.clear();
  return seen;
}

const RUNS = Number(process.env['MPMETRICS_TEST_RUNS'] ?? 300);

describe.each(subjects)('random programs on $name', ({ load }) => {
  test('print what prom-client prints', async () => {
    const ours = await load();
    const theirs = await oracle.load();
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 40, size: 'max' }),
      async (program) => {
        const found = await run(ours, program);
        expect(found).toEqual(await run(theirs, program));
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  });
});

test('random programs print the same quantiles on either storage', async () => {
  const [ours, other] = [await heap.load(), await memory.load()];
  const percentiles = [0, 0.01, 0.3, 0.5, 0.99, 1];
  const programs = fc.array(step, { maxLength: 40, size: 'max' });
  const property = fc.asyncProperty(programs, async (program) => {
    const found = await run(ours, program, percentiles);
    expect(found).toEqual(await run(other, program, percentiles));
  });
  await fc.assert(property, { numRuns: RUNS });
});

afterAll(() => {
  expect(RUNS).toBeGreaterThan(0);
});
