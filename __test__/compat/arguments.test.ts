/** Methods of metrics that take a value are called with each kind of value. */

import { inspect } from 'node:util';

import { expect, test } from 'vitest';

import {
  any,
  sameAsPromClient,
  subjects,
  thrown,
  type Client,
  type Program,
} from '../support/subject';

const VALUES: readonly unknown[] = [
  0,
  -0,
  1,
  2.5,
  -1,
  NaN,
  Infinity,
  -Infinity,
  1e21,
  1e-7,
  2 ** 53,
  '3',
  '3ms',
  '',
  true,
  false,
  null,
  undefined,
  {},
  [],
  10n,
  Symbol.iterator,
  () => 1,
];

type Call = (client: Client, value: never) => unknown;

/** Makes a program for each value. Its result is the error of the call, and the registry's text after the call. */
function table(call: string, run: Call, except: readonly unknown[] = []): Record<string, Program> {
  const values = VALUES.filter((value) => !except.some((one) => Object.is(one, value)));
  return Object.fromEntries(
    values.map((value) => [
      call.replace('v', () => inspect(value)),
      async (client: Client) => {
        const error = thrown(() => run(client, any(value)));
        return [error, await client.register.metrics()];
      },
    ]),
  );
}

const config = { name: 'm', help: 'h', labelNames: ['a'] };
const bare = { name: 'm', help: 'h' };
const buckets = [1, 100];

/** Values for which this package differs: prom-client prints +Inf after `inc('')`, and after `inc(labels, false)`. */
const MENDED: readonly unknown[] = ['', false];

test.each(subjects)("inc('') and inc(false) add 0: $name", async ({ load }) => {
  const { Counter, register } = await load();
  const counter = new Counter(config);
  for (const value of MENDED) counter.inc({ a: 'x' }, any(value));
  expect(await register.getSingleMetricAsString('m')).toContain('m{a="x"} 0');
});

sameAsPromClient({
  ...table(
    'counter.inc(v)',
    ({ Counter }, v) => {
      new Counter(bare).inc(v);
    },
    MENDED,
  ),
  ...table(
    "counter.inc({ a: 'x' }, v)",
    ({ Counter }, v) => {
      new Counter(config).inc({ a: 'x' }, v);
    },
    MENDED,
  ),
  ...table(
    "counter.labels('x').inc(v)",
    ({ Counter }, v) => {
      new Counter(config).labels('x').inc(v);
    },
    MENDED,
  ),
  ...table('gauge.set(v)', ({ Gauge }, v) => {
    new Gauge(bare).set(v);
  }),
  ...table("gauge.set({ a: 'x' }, v)", ({ Gauge }, v) => {
    new Gauge(config).set({ a: 'x' }, v);
  }),
  ...table('gauge.inc(v)', ({ Gauge }, v) => {
    new Gauge(bare).inc(v);
  }),
  ...table("gauge.dec({ a: 'x' }, v)", ({ Gauge }, v) => {
    new Gauge(config).dec({ a: 'x' }, v);
  }),
  ...table("gauge.labels('x').inc(v)", ({ Gauge }, v) => {
    new Gauge(config).labels('x').inc(v);
  }),
  ...table('histogram.observe(v)', ({ Histogram }, v) => {
    new Histogram({ ...bare, buckets }).observe(v);
  }),
  ...table("histogram.observe({ a: 'x' }, v)", ({ Histogram }, v) => {
    new Histogram({ ...config, buckets }).observe({ a: 'x' }, v);
  }),
  ...table("histogram.labels('x').observe(v)", ({ Histogram }, v) => {
    new Histogram({ ...config, buckets }).labels('x').observe(v);
  }),
  ...table('summary.observe(v)', ({ Summary }, v) => {
    new Summary({ ...bare, percentiles: [] }).observe(v);
  }),
  ...table("summary.observe({ a: 'x' }, v)", ({ Summary }, v) => {
    new Summary({ ...config, percentiles: [] }).observe({ a: 'x' }, v);
  }),
});
