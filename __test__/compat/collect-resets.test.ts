/**
 * Some programs show only what happened since the last scrape: they reset or remove a metric soon after its `collect`
 * returned. The scrape that called `collect` still shows the values from before the reset or removal.
 */
import { describe } from 'vitest';

import {
  afterCollect,
  LABELLED,
  LABELS,
  late,
  MOMENTS,
  NAMED,
  READERS,
  table,
  threeScrapes,
  twice,
  TYPES,
  type Resettable,
  type Type,
} from '../support/resets';
import { any, sameAsPromClient, type Client, type Program } from '../support/subject';

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

describe('if collect() returns a promise', () => {
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

describe('updates at the moment of the reset', () => {
  const after: Program[] = Object.values(TYPES).map((type) =>
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
      ...after.map((program, i): [string, Program] => [`after a reset: ${titles[i]!}`, program]),
      ...between.map((program, i): [string, Program] => [`between resets: ${titles[i]!}`, program]),
    ]),
  );
});

describe('other ways to remove or reset series', () => {
  const counter = TYPES['counter with labels']!;
  // Updates only the series that was removed: the scrape that is under way may show updates of other series already.
  const again = (metric: Resettable): void => {
    (metric as unknown as { inc(labels: object, by: number): void }).inc(LABELS, 9);
  };
  const changes: Record<string, (metric: Resettable, client: Client) => void> = {
    'register.resetMetrics()': (_, { register }) => {
      register.resetMetrics();
    },
    'remove()': (metric) => {
      metric.remove(LABELS);
    },
    'remove() by values': (metric) => {
      metric.remove('1', 'x');
    },
    'remove() and an update': (metric) => {
      metric.remove(LABELS);
      again(metric);
    },
    'reset(), an update and remove()': (metric) => {
      metric.reset();
      counter.count(any(metric), 9);
      metric.remove(LABELS);
    },
    'remove(), an update and reset()': (metric) => {
      metric.remove(LABELS);
      again(metric);
      metric.reset();
    },
  };
  const once =
    (type: Type, change: (metric: Resettable, client: Client) => void): Program =>
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
        [
          `${title} of a counter, before the heap is read`,
          threeScrapes(counter, late(metrics), tick, change),
        ],
        [
          `${title} of a gauge, before the heap is read`,
          threeScrapes(gauge, late(metrics), tick, change),
        ],
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
    'register.clear(), and the same metric declared again': once(counter, (_, client) => {
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

describe('changes at other times, by other callbacks or of other registries', () => {
  sameAsPromClient({
    'a reset right after metrics() was called': async (client) => {
      const metric = new client.Counter(NAMED);
      metric.inc(3);
      const scrape = client.register.metrics();
      client.register.resetMetrics();
      metric.inc();
      return [await scrape, await client.register.metrics()];
    },
    "another metric's callback resets a metric that was read already": async (client) => {
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
    'register.clear() of a registry without a name': async (client) => {
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
    'a reset by a callback whose promise is still pending takes effect at once': async (client) => {
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
    'a reset in another async context, before the promise of collect() resolves': async (
      client,
    ) => {
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
