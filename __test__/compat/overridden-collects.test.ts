/**
 * A program can set a metric's `collect` in several ways (`GAUGES`), and can read the metric in several ways (`READS`).
 * For each pair of them, both packages call `collect` equally often. A registry with an overridden method runs its
 * collectors.
 */

import { describe, expect, test } from 'vitest';

import { any, sameAsPromClient, subjects, type Client } from '../support/subject';

type Gauge = InstanceType<Client['Gauge']>;

/** How a program gives a gauge its `collect`, which calls `ran`. */
const GAUGES: Record<string, (client: Client, ran: () => void) => Gauge> = {
  'a method of its class': ({ Gauge }, ran) => {
    class Own extends Gauge {
      override collect() {
        ran();
        this.inc();
      }
    }
    return new Own({ name: 'm', help: 'h' });
  },
  'a field of its class': ({ Gauge }, ran) => {
    class Own extends Gauge {
      override collect = () => {
        ran();
        this.inc();
      };
    }
    return new Own({ name: 'm', help: 'h' });
  },
  'an option, with a class that has its own get()': ({ Gauge }, ran) => {
    class Own extends Gauge {
      override async get() {
        const rows = await super.get();
        return { ...rows, help: 'own' };
      }
    }
    return new Own({
      name: 'm',
      help: 'h',
      collect: any(function (this: Gauge) {
        ran();
        this.inc();
      }),
    });
  },
  'a method of its class, whose get() does not call it': ({ Gauge }, ran) => {
    class Own extends Gauge {
      override collect() {
        ran();
      }
      override async get() {
        return Promise.resolve({ name: 'm', help: 'h', type: 'gauge', values: [] } as never);
      }
    }
    return new Own({ name: 'm', help: 'h' });
  },
  'a function that is assigned later': ({ Gauge }, ran) => {
    const gauge = new Gauge({ name: 'm', help: 'h' });
    Object.assign(gauge, {
      collect() {
        ran();
        gauge.inc();
      },
    });
    return gauge;
  },
};

/** Ways to read a metric, or the registry that has it, that both packages have. */
const READS: Record<string, (client: Client, gauge: Gauge) => Promise<unknown>> = {
  metrics: async ({ register }) => register.metrics(),
  getMetricsAsJSON: async ({ register }) => register.getMetricsAsJSON(),
  getMetricsAsString: async ({ register }, gauge) => register.getMetricsAsString(any(gauge)),
  getSingleMetricAsString: async ({ register }) => register.getSingleMetricAsString('m'),
  get: async (_, gauge) => gauge.get(),
  merged: async ({ Registry, register }) => Registry.merge([register]).metrics(),
  subclass: async ({ Registry }, gauge) => {
    class Own extends Registry {
      override getMetricsAsArray() {
        return [...super.getMetricsAsArray()];
      }
    }
    const own = new Own();
    own.registerMetric(any(gauge));
    return [await own.metrics(), await own.getMetricsAsJSON()];
  },
};

sameAsPromClient(
  Object.fromEntries(
    Object.entries(GAUGES).map(([how, make]) => [
      `collect is ${how}`,
      async (client: Client) => {
        let runs = 0;
        const gauge = make(client, () => {
          runs++;
        });
        const seen: unknown[] = [];
        for (const [name, read] of Object.entries(READS)) {
          await read(client, gauge);
          seen.push([name, runs]);
          runs = 0;
        }
        return [seen, await client.register.metrics()];
      },
    ]),
  ),
);

describe.each(subjects)('collectors: $name', ({ load }) => {
  const named = (text: string) => text.split('\n').filter((line) => /^[a-z]/.test(line));

  test.each(['getMetricsAsArray', 'getMetricsAsString'] as const)(
    'a registry with a %s() of its own runs its collectors',
    async (method) => {
      const client = await load();
      const register = new client.Registry({ prefix: 'app_' });
      const before = register[method].bind(register) as (...args: unknown[]) => unknown;
      Object.assign(register, { [method]: (...args: unknown[]) => before(...args) });
      const gauge = new client.Gauge({ name: 'own', help: 'h', registers: [register] });
      gauge.set(1);
      let runs = 0;
      const yielding = (name: string) => () => {
        runs++;
        const e = new client.Enum({ name, help: 'h', states: ['a', 'b'], registers: [] });
        e.state('b');
        const taken = new client.Gauge({ name: 'own', help: 'h', registers: [] });
        return [e, taken];
      };
      register.registerCollector({ collect: yielding('here') });
      register.registerCollector({ collect: yielding('all') }, { everywhere: true });
      const rows = ['app_own 1', 'app_here{app_here="b"} 1', 'app_all{app_all="b"} 1'];
      const text = named(await register.metrics());
      expect(text.filter((row) => row.endsWith(' 1')).sort()).toEqual(rows.sort());
      expect(text).toHaveLength(5);
      expect(runs).toBe(2);
      const json = await register.getMetricsAsJSON();
      expect(json.map(({ name }) => name).sort()).toEqual(['app_all', 'app_here', 'app_own']);
      expect(json.map(({ values }) => values.length).sort()).toEqual([1, 2, 2]);
      expect(runs).toBe(4);
    },
  );
});
