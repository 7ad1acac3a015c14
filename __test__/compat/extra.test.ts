/**
 * Families that the heap does not hold. Native code prints them after the families of the heap. If a scrape reads
 * nothing in the heap, TypeScript prints them, in the same bytes.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';

import { loadBinding } from '../../ts/binding';
import { extraOf, outputOf, type TextFormat } from '../../ts/exposition';
import { anything, labels } from '../support/arbitraries';
import { LIMIT } from '../support/patience.mjs';
import { newSegment } from '../support/segments';
import { any, heap } from '../support/subject';

const RUNS = Number(process.env['MPMETRICS_TEST_RUNS'] ?? 200);
const FORMATS: readonly TextFormat[] = ['text', 'openmetrics'];

const odd = fc.constantFrom<unknown[]>('1', 'b"\n1 # {', '\ud800', '\\', 'é', undefined, null, -7n);
const names = fc.constantFrom(
  ...['a', 'a_total', 'a_total_total', 'a_sum', 'a_created', 'a_info', '_info', 'b"\n\\'],
);
const exemplar = fc.record(
  {
    labelSet: fc.dictionary(fc.constantFrom('t', 'a\n"'), fc.constantFrom('', '\0', '"', '\n\\')),
    value: fc.oneof(anything, odd),
    timestamp: fc.oneof(anything, fc.constant(undefined)),
  },
  { requiredKeys: [] },
);
const row = fc.record(
  {
    labels: fc
      .tuple(labels, fc.constantFrom({}, { le: 1 }, { le: 0.5 }, { le: Infinity }, { le: '+Inf' }))
      .map(([own, bound]) => ({ ...bound, ...own })),
    sharedLabels: labels,
    value: fc.oneof(anything, odd),
    metricName: fc.constantFrom('a_total', 'a_bucket', 'a_sum', 'a_total_info', 'c\n_bucket'),
    exemplar: fc.oneof(exemplar, fc.constantFrom(null, undefined)),
  },
  { requiredKeys: [] },
);
const metric = fc.record(
  {
    name: names,
    help: fc.constantFrom<unknown[]>('h', 'say "hi"\n\\', undefined, 5),
    type: fc.constantFrom(
      'counter',
      'gauge',
      'histogram',
      'summary',
      'info',
      'stateset',
      'unknown',
      'constructor',
      '"\n',
    ),
    values: fc.array(row, { maxLength: 5 }),
    unit: fc.constantFrom('total', 'a', 'sum', 'b"\n\\', ''),
  },
  { requiredKeys: ['name', 'help', 'type'] },
);

test(
  'native code and TypeScript print the same bytes',
  { timeout: LIMIT + 50 * RUNS },
  async () => {
    const native = loadBinding()!.openHeap({ path: newSegment(), create: true })!;
    const nothing = { scope: 'application', tags: [], families: [], plain: false, now: 0 } as const;
    const several = fc.array(metric, { maxLength: 5 });
    const prefixes = fc.constantFrom('', 'app_');
    const property = fc.asyncProperty(
      several,
      labels,
      prefixes,
      async (metrics, defaults, prefix) => {
        for (const format of FORMATS) {
          const extra = metrics.map((one) => extraOf(any(one), defaults, format));
          const asked = { ...nothing, tags: [], families: [], format, extra, prefix };
          const expected = outputOf(extra, format, prefix);
          expect(String(await native.scrapeBuffer(asked))).toBe(String(Buffer.from(expected)));
        }
      },
    );
    await fc.assert(property, { numRuns: RUNS });
  },
);

test("concurrent scrapes each show the value that another package's metric gave them", async () => {
  const { register, Counter } = await heap.load();
  new Counter({ name: 'shared_total', help: 'h' }).inc();
  const values = [1, NaN, Infinity, -Infinity, 2];
  let next = 0;
  const duck = { name: 'duck', help: 'h', type: 'gauge' };
  const get = () => ({ ...duck, values: [{ value: values[next++], labels: {} }] });
  register.registerMetric(any({ ...duck, get }));
  const texts = await Promise.all(values.map(() => register.metrics()));
  expect(texts.map((text) => /^duck (.*)$/m.exec(text)?.[1])).toEqual([
    ...['1', 'Nan', '+Inf', '-Inf', '2'],
  ]);
});
