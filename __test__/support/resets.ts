/**
 * Programs in which a metric is reset soon after its `collect` returned. Their scrapes show whether a client reads the
 * metric before or after the reset.
 */

import { pbkdf2 } from 'node:crypto';
import { promisify } from 'node:util';

import { any, type Client, type Program } from './subject';

/** Moments after a `collect` at which a metric is reset. */
export const MOMENTS: Record<string, (reset: () => void) => void> = {
  'process.nextTick': (reset) => {
    process.nextTick(reset);
  },
  'a microtask': (reset) => void Promise.resolve().then(reset),
  setImmediate: (reset) => setImmediate(reset),
  'a timer': (reset) => setTimeout(reset, 1),
};

/** The default number of libuv's pool threads, and a function that keeps one of them busy. */
const POOL = 4;
const busy = promisify(pbkdf2);

/** A metric that is updated and reset. */
export interface Resettable {
  reset(): void;
  remove(...labels: unknown[]): void;
  collect?: unknown;
}

/** A type of metrics: how one is made, and how it is updated. */
export interface Type {
  make: (client: Client) => Resettable;
  count: (metric: never, value: number) => void;
}

export const NAMED = { name: 'm', help: 'h' };
export const LABELLED = { ...NAMED, labelNames: ['a', 'b'] };
export const LABELS = { a: '1', b: 'x' };

export const TYPES: Record<string, Type> = {
  counter: {
    make: ({ Counter }) => new Counter(NAMED),
    count: (m: { inc(by: number): void }, value) => {
      m.inc(value);
    },
  },
  'counter with labels': {
    make: ({ Counter }) => new Counter(LABELLED),
    count: (m: { inc(labels: object, by: number): void }, value) => {
      m.inc(LABELS, value);
      m.inc({ ...LABELS, b: 'y' }, 2 * value);
    },
  },
  'counter by its children': {
    make: ({ Counter }) => new Counter(LABELLED),
    count: (m: { labels(labels: object): { inc(by: number): void } }, value) => {
      m.labels(LABELS).inc(value);
    },
  },
  gauge: {
    make: ({ Gauge }) => new Gauge(NAMED),
    count: (m: { inc(by: number): void }, value) => {
      m.inc(value);
    },
  },
  'gauge with labels': {
    make: ({ Gauge }) => new Gauge(LABELLED),
    count: (m: { set(labels: object, to: number): void }, value) => {
      m.set(LABELS, value);
    },
  },
  histogram: {
    make: ({ Histogram }) => new Histogram({ ...NAMED, buckets: [1, 2, 5] }),
    count: (m: { observe(value: number): void }, value) => {
      m.observe(value);
      m.observe(0.1);
    },
  },
  'histogram with labels': {
    make: ({ Histogram }) => new Histogram({ ...LABELLED, buckets: [1, 2, 5] }),
    count: (m: { observe(labels: object, value: number): void }, value) => {
      m.observe(LABELS, value);
      m.observe({ a: '2' }, 0.1);
    },
  },
  summary: {
    make: ({ Summary }) => new Summary({ ...NAMED, percentiles: [] }),
    count: (m: { observe(value: number): void }, value) => {
      m.observe(value);
      m.observe(0.1);
    },
  },
  'summary with labels': {
    make: ({ Summary }) => new Summary({ ...LABELLED, percentiles: [] }),
    count: (m: { observe(labels: object, value: number): void }, value) => {
      m.observe(LABELS, value);
    },
  },
  'summary over a window': {
    make: ({ Summary }) =>
      new Summary({ ...LABELLED, percentiles: [], maxAgeSeconds: 600, ageBuckets: 3 }),
    count: (m: { observe(labels: object, value: number): void }, value) => {
      m.observe(LABELS, value);
    },
  },
};

export const READERS: Record<string, (client: Client) => Promise<unknown>> = {
  'metrics()': ({ register }) => register.metrics(),
  'getMetricsAsJSON()': ({ register }) => register.getMetricsAsJSON(),
  'getSingleMetricAsString()': ({ register }) => register.getSingleMetricAsString('m'),
  'get()': async ({ register }) => register.getSingleMetric('m')!.get(),
};

/**
 * Reads the metrics while other work keeps libuv's pool threads busy. The heap is read on these threads, so a reset
 * comes before the heap is read.
 */
export function late(
  read: (client: Client) => Promise<unknown>,
): (client: Client) => Promise<unknown> {
  return async (client) => {
    const work = Array.from({ length: 2 * POOL }, () => busy('p', 's', 20_000, 64, 'sha512'));
    const found = await read(client);
    // Otherwise the work would delay the next reading, too.
    await Promise.all(work);
    return found;
  };
}

/** Scrapes twice. Callbacks that were scheduled during the first scrape run before the second one. */
export async function twice({ register }: { register: Client['register'] }): Promise<string[]> {
  const first = await register.metrics();
  await new Promise((resolve) => setImmediate(resolve));
  return [first, await register.metrics()];
}

/**
 * Gives the metric a `collect` that schedules a call of `reset` by `moment`. If `returns` returns a promise, `collect`
 * returns it, and schedules the call when it has resolved. Returns a function that waits until `reset` has been called
 * `times` times.
 */
export function afterCollect(
  metric: Resettable,
  moment: (reset: () => void) => void,
  reset: () => void,
  returns: () => unknown = () => undefined,
): (times: number) => Promise<void> {
  let called = 0;
  let done = 0;
  metric.collect = () => {
    called++;
    const later = (): void => {
      moment(() => {
        reset();
        done++;
      });
    };
    const promise = returns();
    if (promise instanceof Promise) void promise.then(later);
    else later();
    return promise;
  };
  return async (times) => {
    // Does not wait for a client that never calls `collect`.
    while (done < times && done < called) await new Promise((resolve) => setTimeout(resolve, 1));
  };
}

/** A program with three scrapes: there are updates before the first and the second, but not before the third. */
export function threeScrapes(
  type: Type,
  read: (client: Client) => Promise<unknown>,
  moment: (reset: () => void) => void,
  change: (metric: Resettable, client: Client) => void = (metric) => {
    metric.reset();
  },
  returns?: () => unknown,
): Program {
  return async (client) => {
    const metric = type.make(client);
    const reset = (): void => {
      change(metric, client);
    };
    const until = afterCollect(metric, moment, reset, returns);
    type.count(any(metric), 3);
    const first = await read(client);
    await until(1);
    type.count(any(metric), 4);
    type.count(any(metric), 5);
    const second = await read(client);
    await until(2);
    const third = await read(client);
    await until(3);
    return [first, second, third];
  };
}

export function table(entries: [string, Program][]): Record<string, Program> {
  return Object.fromEntries(entries);
}
