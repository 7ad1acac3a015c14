/**
 * Random programs with exemplars on an OpenMetrics registry, run with prom-client and with this package. Text and JSON
 * must be the same, byte for byte.
 *
 * The programs have none of the following, in which this package differs on purpose:
 * - a `help` with a quote in it,
 * - bounds that do not ascend,
 * - counters whose names differ only by `_total`,
 * - exemplars that are refused.
 */

import fc from 'fast-check';
import { afterEach, describe, expect, test, vi } from 'vitest';

import {
  finite,
  labels,
  NAMES,
  positive,
  sorted,
  spelled,
  type Labels,
} from '../support/arbitraries';
import { LIMIT } from '../support/patience.mjs';
import { any, oracle, subjects, type Client } from '../support/subject';

/** One step: what to do, and to what. `from` is 0 for the counter, and 1 for the histogram. */
type Step =
  | { do: 'count' | 'observe'; labels: Labels; value: number; exemplarLabels: object | undefined }
  | { do: 'time'; labels: Labels; exemplarLabels: object | undefined }
  | { do: 'remove'; labels: Labels; from: number }
  | { do: 'reset'; from: number }
  | { do: 'set' | 'summarise'; labels: Labels; value: number }
  | { do: 'look' };

const exemplarLabels = fc.option(
  fc.dictionary(
    fc.constantFrom('trace_id', 'span', 't'),
    fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('"', '\\', '\n', '')),
  ),
  { nil: undefined },
);
const which = fc.nat({ max: 1 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('count' as const),
      labels,
      value: positive,
      exemplarLabels,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('observe' as const),
      labels,
      value: finite,
      exemplarLabels,
    }),
  },
  fc.record({ do: fc.constant('time' as const), labels, exemplarLabels }),
  fc.record({ do: fc.constant('remove' as const), labels, from: which }),
  fc.record({ do: fc.constant('reset' as const), from: which }),
  fc.record({ do: fc.constantFrom('set', 'summarise'), labels: sorted, value: finite }),
  fc.record({ do: fc.constant('look' as const) }),
);

afterEach(() => {
  vi.restoreAllMocks();
});

async function run(client: Client, program: readonly Step[]): Promise<string[]> {
  let now = 1_700_000_000_000;
  vi.spyOn(Date, 'now').mockImplementation(() => now);
  const register = new client.Registry(any(client.openMetricsContentType));
  const common = { help: 'h\n\\', labelNames: NAMES, registers: [register] };
  const recording = { ...common, enableExemplars: true };
  const counter = new client.Counter({ name: 'c_total', ...recording });
  const histogram = new client.Histogram({ name: 'h', buckets: [-2, 0.1, 1, 25], ...recording });
  const gauge = new client.Gauge({ name: 'g', ...common });
  const summary = new client.Summary({ name: 's', percentiles: [], ...common });
  const seen: string[] = [];
  for (const one of program) {
    now += 250;
    switch (one.do) {
      case 'count':
        counter.inc(any(one));
        break;
      case 'observe':
        histogram.observe(any(one));
        break;
      case 'time': {
        const end = histogram.startTimer(any(one.labels), any(one.exemplarLabels));
        vi.spyOn(process, 'hrtime').mockReturnValueOnce([0, 5e8]);
        end();
        break;
      }
      case 'remove':
        [counter, histogram][one.from]!.remove(one.labels);
        break;
      case 'reset':
        [counter, histogram][one.from]!.reset();
        break;
      case 'set':
        gauge.set(any(one.labels), one.value);
        break;
      case 'summarise':
        summary.observe(any(one.labels), one.value);
        break;
      case 'look':
        seen.push(await register.metrics());
    }
  }
  seen.push(await register.metrics());
  const json = await register.getMetricsAsJSON();
  // After a scrape as text, prom-client's JSON has the name without `_total`.
  for (const metric of json) metric.name = metric.name.replace(/_total$/, '');
  seen.push(JSON.stringify(json, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one)));
  register.clear();
  return seen;
}

/**
 * Replaces U+0000 in exemplars by U+FFFD, as this package does, because Prometheus refuses a whole page with U+0000 in
 * an exemplar.
 */
function withoutNul(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      const exemplar = line.lastIndexOf(' # {');
      if (exemplar < 0) return line;
      return line.slice(0, exemplar) + line.slice(exemplar).replaceAll('\0', '\ufffd');
    })
    .join('\n');
}

const RUNS = Number(process.env['MPMETRICS_TEST_RUNS'] ?? 200);

describe.each(subjects)('random programs with exemplars on $name', ({ load }) => {
  test('print what prom-client prints', { timeout: LIMIT + 100 * RUNS }, async () => {
    const ours = await load();
    const theirs = await oracle.load();
    const program = fc.array(step, { maxLength: 30, size: 'max' });
    const property = fc.asyncProperty(program, async (steps) => {
      const found = await run(ours, steps);
      const spelt = steps.map((one) =>
        'labels' in one ? { ...one, labels: spelled(one.labels) } : one,
      );
      expect(found).toEqual((await run(theirs, spelt)).map(withoutNul));
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});
