/** Errors for an invalid option or argument: the message has its name, the rule, and its value. */

import { createServer } from 'node:http';

import { describe, expect, test } from 'vitest';

import { any, subjects, type Client } from '../support/subject';

const m = { name: 'm', help: 'h' };
const labelled = { ...m, labelNames: ['a'] };

/** Calls that throw, by the message of the error. */
type Table = Record<string, (client: Client) => unknown>;

const NUMBERS = (option: string, value: string) =>
  `TypeError: ${option} must be an array of numbers, and is ${value}`;
const REGISTRIES = (value: string) =>
  `TypeError: registers must be an array of registries, and is ${value}`;

const OPTIONS: Table = {
  [NUMBERS('buckets', "'1,2'")]: (c) => new c.Histogram({ ...m, buckets: any('1,2') }),
  [NUMBERS('buckets', '5')]: (c) => new c.Histogram({ ...m, buckets: any(5) }),
  [NUMBERS('buckets', '{}')]: (c) => new c.Histogram({ ...m, buckets: any({}) }),
  [NUMBERS('buckets', '[ Symbol(x) ]')]: (c) =>
    new c.Histogram({ ...m, buckets: any([Symbol('x')]) }),
  [NUMBERS('buckets', 'true')]: (c) => new c.Histogram({ ...labelled, buckets: any(true) }),
  [NUMBERS('percentiles', "'0.5'")]: (c) => new c.Summary({ ...m, percentiles: any('0.5') }),
  [NUMBERS('percentiles', '0.5')]: (c) => new c.Summary({ ...labelled, percentiles: any(0.5) }),
  "TypeError: labelNames must be an array of names, and is 'method'": (c) =>
    new c.Counter({ ...m, labelNames: any('method') }),
  "TypeError: labelNames must be an array of names, and is { a: 'b' }": (c) =>
    new c.Gauge({ ...m, labelNames: any({ a: 'b' }) }),
  "TypeError: labelNames must be an array of names, and is Set(1) { 'a' }": (c) =>
    new c.Summary({ ...m, labelNames: any(new Set(['a'])) }),
  [REGISTRIES('5')]: (c) => new c.Counter({ ...m, registers: any(5) }),
  [REGISTRIES("'x'")]: (c) => new c.Gauge({ ...m, registers: any('x') }),
  [REGISTRIES('[ null ]')]: (c) => new c.Histogram({ ...m, registers: any([null]) }),
  [REGISTRIES('[ {} ]')]: (c) => new c.Summary({ ...m, registers: any([{}]) }),
  'Error: Invalid metric name: a-b': (c) => new c.Counter({ ...m, name: 'a-b' }),
  'Error: Invalid metric name: 5': (c) => new c.Gauge({ ...m, name: any(5) }),
  'Error: Invalid label name. At least one label name is invalid: b-c,9': (c) =>
    new c.Summary({ ...m, labelNames: ['a', 'b-c', '9'] }),
  'Error: Invalid label name. At least one label name is invalid: ': (c) =>
    new c.Histogram({ ...m, labelNames: [''] }),
  "TypeError: ifExists must be 'throw' or 'reuse', and is 'again'": (c) =>
    new c.Counter({ ...m, ifExists: any('again') }),
  "TypeError: ttlSeconds must be a number above 0, and is '5'": (c) =>
    new c.Counter({ ...labelled, ttlSeconds: any('5') }),
  'RangeError: maxAgeSeconds must be more than 0, and is -1': (c) =>
    new c.Summary({ ...m, maxAgeSeconds: -1, ageBuckets: 5 }),
  'TypeError: name must be a string, and is 5': (c) => new c.Registry({ name: any(5) }),
  'TypeError: name must be a string, and is null': (c) => new c.Registry({ name: any(null) }),
  "TypeError: shared must be true or false, and is 'no'": (c) =>
    new c.Registry({ shared: any('no') }),
  'TypeError: Content type x is unsupported': (c) => new c.Registry({ contentType: any('x') }),
  'TypeError: metricsHandler() takes a registry and then options, and was given { negotiate: true }':
    (c) => c.metricsHandler(any({ negotiate: true })),
  'TypeError: metricsHandler() takes a registry and then options, and was given null': (c) =>
    c.metricsHandler(any(null)),
  "TypeError: metricsHandler()'s options must be an object, and is true": (c) =>
    c.metricsHandler(c.register, any(true)),
  "TypeError: negotiate must be true or false, and is 'yes'": (c) =>
    c.metricsHandler(c.register, { negotiate: any('yes') }),
  "TypeError: scope must be 'application', 'process' or 'thread', and is 'all'": (c) =>
    c.metricsHandler(c.register, { scope: any('all') }),
  'TypeError: Registry.merge() takes an array of registries, and was given []': (c) =>
    c.Registry.merge([]),
  'TypeError: Registry.merge() takes an array of registries, and was given [ 5 ]': (c) =>
    c.Registry.merge(any([5])),
  "TypeError: aggregate() takes an array with each getMetricsAsJSON()'s array, and was given [ {} ]":
    (c) => c.Registry.aggregate(any([{}])),
  "TypeError: aggregate() takes an array with each getMetricsAsJSON()'s array, and was given 'x'": (
    c,
  ) => c.AggregatorRegistry.aggregate(any('x')),
};

const NO_NUMBER = (what: string, value: string) =>
  `TypeError: ${what} is not a valid number: ${value}, for metric m`;

const ARGUMENTS: Table = {
  [NO_NUMBER('Value', '3ms')]: (c) => {
    new c.Counter(m).inc(any('3ms'));
  },
  [NO_NUMBER('Value', 'Infinity')]: (c) => {
    new c.Counter(labelled).labels('x').inc(Infinity);
  },
  [NO_NUMBER('Value', '1')]: (c) => {
    new c.Gauge(m).set(any('1'));
  },
  [NO_NUMBER('Value', 'null')]: (c) => {
    new c.Gauge(labelled).labels('x').set(any(null));
  },
  [NO_NUMBER('Delta', '2')]: (c) => {
    new c.Gauge(m).inc(any('2'));
  },
  [NO_NUMBER('Delta', 'null')]: (c) => {
    new c.Gauge(labelled).labels('x').inc(any(null));
  },
  [NO_NUMBER('Value', 'NaN')]: (c) => {
    new c.Histogram(labelled).observe({ a: 'x' }, NaN);
  },
  [NO_NUMBER('Value', '5')]: (c) => {
    new c.Histogram(labelled).labels('x').observe(any('5'));
  },
  [NO_NUMBER('Value', '-Infinity')]: (c) => {
    new c.Summary(labelled).observe({ a: 'x' }, -Infinity);
  },
  [NO_NUMBER('Value', 'true')]: (c) => {
    new c.Summary(labelled).labels('x').observe(any(true));
  },
  'TypeError: Count is not a whole number from 0 on: 0.5, for metric m': (c) => {
    new c.Summary(m).observe(1, 0.5);
  },
};

describe.each(subjects)('$name', ({ load }) => {
  test.each(Object.entries({ ...OPTIONS, ...ARGUMENTS }))('%s', async (message, call) => {
    const client = await load();
    let error: unknown;
    try {
      call(client);
    } catch (caught) {
      error = caught;
    }
    expect(String(error)).toBe(message);
  });

  test('refuses a registry in place of an array of registries', async () => {
    const { Counter, register } = await load();
    expect(() => new Counter({ ...m, registers: any(register) })).toThrow(
      /^registers must be an array of registries, and is Registry/,
    );
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test('falsy registers stand for the default registry, and a Set is accepted, as with prom-client', async () => {
    const { Counter, register } = await load();
    for (const registers of [undefined, null, false, '']) {
      new Counter({ ...m, registers: any(registers) });
      expect(register.getSingleMetric('m')).toBeDefined();
      register.clear();
    }
    const other = new Set([register]);
    new Counter({ ...m, registers: any(other) });
    expect(register.getSingleMetric('m')).toBeDefined();
  });

  test('metricsHandler() accepts a registry, or an object with its properties', async () => {
    const { metricsHandler, register, Gauge } = await load();
    new Gauge(m).set(2);
    const like = { contentType: 'text/plain', metrics: () => register.metrics() };
    for (const handler of [metricsHandler(), metricsHandler(register, {}), metricsHandler(like)]) {
      const server = createServer((request, response) => void handler(request, response));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as { port: number };
      const response = await fetch(`http://127.0.0.1:${String(port)}/`);
      expect(await response.text()).toContain('m 2');
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
