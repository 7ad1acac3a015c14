/**
 * A metric that is reset or removed a moment after its `collect` returned, as by counts since the last scrape: what stood
 * then is what the scrape shows.
 */
import { describe } from 'vitest';

import { any, sameAsPromClient, type Client, type Program } from '../support/subject';

/** The moments at which the reset may come. */
const MOMENTS: Record<string, (reset: () => void) => void> = {
  'process.nextTick': (reset) => {
    process.nextTick(reset);
  },
  'a microtask': (reset) => void Promise.resolve().then(reset),
  setImmediate: (reset) => setImmediate(reset),
  'a timer': (reset) => setTimeout(reset, 1),
};

/** What is counted in and reset. */
interface Subject {
  reset(): void;
  remove(...labels: unknown[]): void;
  collect?: unknown;
}

interface Type {
  make: (client: Client) => Subject;
  count: (metric: never, value: number) => void;
}

const NAMED = { name: 'm', help: 'h' };
const LABELLED = { ...NAMED, labelNames: ['a', 'b'] };
const LABELS = { a: '1', b: 'x' };

const TYPES: Record<string, Type> = {
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

const READERS: Record<string, (client: Client) => Promise<unknown>> = {
  'metrics()': ({ register }) => register.metrics(),
  'getMetricsAsJSON()': ({ register }) => register.getMetricsAsJSON(),
  'getSingleMetricAsString()': ({ register }) => register.getSingleMetricAsString('m'),
  'get()': async ({ register }) => register.getSingleMetric('m')!.get(),
};

/** What a scrape shows, and another one behind all that the first one had done later. */
async function twice({ register }: { register: Client['register'] }): Promise<string[]> {
  const first = await register.metrics();
  await new Promise((resolve) => setImmediate(resolve));
  return [first, await register.metrics()];
}

/** Has something done at a moment after each `collect`; resolves when it has been done so often. */
function afterCollect(
  metric: Subject,
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
    // A client that calls nothing is not waited for.
    while (done < times && done < called) await new Promise((resolve) => setTimeout(resolve, 1));
  };
}

/** What three scrapes show, between which is counted, and the third right after the second. */
function threeScrapes(
  type: Type,
  read: (client: Client) => Promise<unknown>,
  moment: (reset: () => void) => void,
  change: (metric: Subject, client: Client) => void = (metric) => {
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

function table(entries: [string, Program][]): Record<string, Program> {
  return Object.fromEntries(entries);
}

const { metrics, json } = { metrics: READERS['metrics()']!, json: READERS['getMetricsAsJSON()']! };
const tick = MOMENTS['process.nextTick']!;

describe('each type, at each moment', () => {
  const programs = Object.entries(TYPES).flatMap(([title, type]) =>
    Object.entries(MOMENTS).map(([when, moment]): [string, Program] => [
      `${title}, by ${when}`,
      threeScrapes(type, metrics, moment),
    ]),
  );
  sameAsPromClient(table(programs));
});

describe('each way of reading', () => {
  const programs = Object.entries(READERS).flatMap(([title, read]) =>
    ['counter', 'gauge with labels', 'histogram with labels', 'summary'].map(
      (type): [string, Program] => [
        `${title} of a ${type}`,
        threeScrapes(TYPES[type]!, read, tick),
      ],
    ),
  );
  sameAsPromClient(table(programs));
});

describe('behind a promise', () => {
  const settled: Record<string, () => unknown> = {
    'that is fulfilled': () => Promise.resolve(),
    'of an async function': async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
    },
  };
  const programs = Object.entries(settled).flatMap(([title, returns]) =>
    ['process.nextTick', 'setImmediate', 'a timer'].map((when): [string, Program] => [
      `${title}, by ${when}`,
      threeScrapes(TYPES['histogram with labels']!, metrics, MOMENTS[when]!, undefined, returns),
    ]),
  );
  sameAsPromClient(table(programs));
});

describe('what is counted in the same moment', () => {
  const both: Program[] = Object.values(TYPES).map((type) =>
    threeScrapes(type, json, tick, (metric) => {
      metric.reset();
      type.count(any(metric), 7);
    }),
  );
  const between: Program[] = Object.values(TYPES).map((type) =>
    threeScrapes(type, json, tick, (metric) => {
      metric.reset();
      type.count(any(metric), 7);
      metric.reset();
      type.count(any(metric), 8);
    }),
  );
  const titles = Object.keys(TYPES);
  sameAsPromClient(
    table([
      ...both.map((program, i): [string, Program] => [`behind a reset: ${titles[i]!}`, program]),
      ...between.map((program, i): [string, Program] => [`between resets: ${titles[i]!}`, program]),
    ]),
  );
});

describe('other ways to take out what was shown', () => {
  // Of a series that is not taken out, what is counted meanwhile may be shown.
  const counter = TYPES['counter with labels']!;
  const again = (metric: Subject): void => {
    (metric as unknown as { inc(labels: object, by: number): void }).inc(LABELS, 9);
  };
  const changes: Record<string, (metric: Subject, client: Client) => void> = {
    'register.resetMetrics()': (_, { register }) => {
      register.resetMetrics();
    },
    'remove()': (metric) => {
      metric.remove(LABELS);
    },
    'remove() by values': (metric) => {
      metric.remove('1', 'x');
    },
    'remove(), counted again': (metric) => {
      metric.remove(LABELS);
      again(metric);
    },
    'reset(), counted, and remove()': (metric) => {
      metric.reset();
      counter.count(any(metric), 9);
      metric.remove(LABELS);
    },
    'remove(), counted, and reset()': (metric) => {
      metric.remove(LABELS);
      again(metric);
      metric.reset();
    },
  };
  const once =
    (type: Type, change: (metric: Subject, client: Client) => void): Program =>
    async (client) => {
      const metric = type.make(client);
      let removed = false;
      const until = afterCollect(metric, tick, () => {
        if (removed) return;
        removed = true;
        change(metric, client);
      });
      type.count(any(metric), 3);
      const first = await metrics(client);
      await until(1);
      return [first, await metrics(client)];
    };
  const gauge: Type = {
    make: ({ Gauge }) => new Gauge(LABELLED),
    count: counter.count,
  };
  sameAsPromClient(
    table(
      Object.entries(changes).flatMap(([title, change]): [string, Program][] => [
        [`${title} of a counter`, threeScrapes(counter, metrics, tick, change)],
        [`${title} of a gauge`, threeScrapes(gauge, metrics, tick, change)],
      ]),
    ),
  );
  sameAsPromClient({
    'register.clear()': once(counter, (_, { register }) => {
      register.clear();
    }),
    'register.clear() of a gauge': once(gauge, (_, { register }) => {
      register.clear();
    }),
    'register.removeSingleMetric()': once(counter, (_, { register }) => {
      register.removeSingleMetric('m');
    }),
    'register.clear(), and the same metric anew': once(counter, (_, client) => {
      client.register.clear();
      counter.count(any(counter.make(client)), 11);
    }),
    'histogram.zero()': async (client) => {
      const h = new client.Histogram({ ...LABELLED, buckets: [1] });
      h.observe(LABELS, 0.5);
      Object.assign(h, {
        collect: () => {
          process.nextTick(() => {
            h.zero(LABELS);
          });
        },
      });
      return twice(client);
    },
  });
});

describe('without its being the callback', () => {
  sameAsPromClient({
    'what is reset while the scrape that was asked for goes on': async (client) => {
      const metric = new client.Counter(NAMED);
      metric.inc(3);
      const scrape = client.register.metrics();
      client.register.resetMetrics();
      metric.inc();
      return [await scrape, await client.register.metrics()];
    },
    "another metric's callback resets one that is shown already": async (client) => {
      const first = new client.Counter({ name: 'first', help: 'h' });
      first.inc(3);
      new client.Gauge({
        ...NAMED,
        collect() {
          this.set(1);
          process.nextTick(() => {
            first.reset();
          });
        },
      });
      return twice(client);
    },
    'in an anonymous registry': async (client) => {
      const register = new client.Registry();
      const metric = new client.Counter({
        ...NAMED,
        registers: [register],
        collect: () => {
          process.nextTick(() => {
            register.clear();
          });
        },
      });
      metric.inc(3);
      return twice({ register });
    },
    'what a callback itself resets before it has settled is gone': async (client) => {
      const metric = new client.Gauge({
        ...LABELLED,
        async collect() {
          await new Promise((resolve) => setTimeout(resolve, 2));
          this.reset();
          this.set({ a: 'new' }, 2);
        },
      });
      metric.set(LABELS, 1);
      return twice(client);
    },
    'behind a callback that loses its context': async (client) => {
      let answer: (() => void) | null = null;
      const poll = setInterval(() => {
        answer?.();
      }, 1);
      const metric = new client.Gauge({
        ...LABELLED,
        collect: () =>
          new Promise((resolve) => {
            answer = () => {
              answer = null;
              metric.reset();
              metric.set({ a: 'new' }, 2);
              resolve();
            };
          }),
      });
      metric.set(LABELS, 1);
      const shown = await twice(client);
      clearInterval(poll);
      return shown;
    },
  });
});

describe('scrapes at the same time', () => {
  const counter = TYPES['counter']!;
  sameAsPromClient({
    'show the same': async (client) => {
      const metric = counter.make(client);
      const until = afterCollect(metric, tick, () => {
        metric.reset();
      });
      counter.count(any(metric), 3);
      const first = await Promise.all([metrics(client), json(client), metrics(client)]);
      await until(3);
      counter.count(any(metric), 4);
      return [first, await metrics(client)];
    },
  });
});
