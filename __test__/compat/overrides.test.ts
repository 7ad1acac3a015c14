/** Methods that users override, replace or spy on: the package calls them in place of its own. */

import { describe, expect, test } from 'vitest';

import { any, oracle, sameAsPromClient, subjects, thrown, type Client } from '../support/subject';

type Any = Record<string, (...args: unknown[]) => unknown>;
type Rows = { values: { value: number; labels: object }[] };

/** Returns the metric `m` in each form in which a registry shows it. */
async function shown({ register }: Client): Promise<unknown[]> {
  return [
    await register.metrics(),
    await register.getSingleMetricAsString('m'),
    (await register.getMetricsAsJSON()).map(({ name, values }) => [name, values.length]),
  ];
}

/** Wraps a method of an object. Returns a list that gets the arguments of each call. */
function spied(object: object, name: string): unknown[][] {
  const calls: unknown[][] = [];
  const before = (object as Any)[name]!;
  (object as Any)[name] = function (this: unknown, ...args: unknown[]) {
    calls.push(args);
    return before.apply(this, args);
  };
  return calls;
}

sameAsPromClient({
  'a gauge whose class has a get() of its own': async (client) => {
    class Own extends client.Gauge {
      override async get() {
        const rows = await super.get();
        return { ...rows, values: [...rows.values, ...rows.values] };
      }
    }
    new client.Gauge({ name: 'before', help: 'h' }).set(1);
    new Own({
      name: 'm',
      help: 'h',
      collect: any(function (this: Any) {
        this['inc']!(5);
      }),
    });
    client.register.setDefaultLabels({ d: 1 });
    return shown(client);
  },
  'a counter whose get() was replaced': async (client) => {
    const counter = new client.Counter({ name: 'm', help: 'h', labelNames: ['a'] });
    counter.inc({ a: 'x' });
    const before = await shown(client);
    const get = counter.get.bind(counter);
    counter.get = async () => {
      const rows = (await get()) as unknown as Rows;
      return { ...rows, values: [{ value: 7, labels: { a: 'y' } }] } as never;
    };
    counter.inc({ a: 'x' });
    return [before, await shown(client)];
  },
  "a histogram's own get() changes JSON only": async (client) => {
    class Own extends client.Histogram {
      override async get() {
        return { ...(await super.get()), values: [] };
      }
    }
    new Own({ name: 'm', help: 'h', buckets: [1] }).observe(1);
    return shown(client);
  },
  "a metric's own getForPromString() changes the text only": async (client) => {
    const gauge = new client.Gauge({ name: 'm', help: 'h' });
    Object.assign(gauge, {
      getForPromString: () => ({ name: 'm', help: 'h', type: 'gauge', values: [{ value: 3 }] }),
    });
    return shown(client);
  },
  "aggregate() gets the values of a metric's own get()": async (client) => {
    const gauge = new client.Gauge({ name: 'm', help: 'h' });
    gauge.get = () =>
      Promise.resolve({
        name: 'm',
        help: 'h',
        type: 'gauge',
        aggregator: 'sum',
        values: [{ value: 9, labels: {} }],
      } as never);
    const json = await client.register.getMetricsAsJSON();
    return client.AggregatorRegistry.aggregate([json]).metrics();
  },
  'a registry with a getMetricsAsArray() of its own': async (client) => {
    class Own extends client.Registry {
      override getMetricsAsArray() {
        return super.getMetricsAsArray().filter(({ name }) => name !== 'hidden');
      }
    }
    const register = new Own();
    for (const name of ['hidden', 'shown']) {
      new client.Gauge({ name, help: 'h', registers: [register] }).set(1);
    }
    register.setDefaultLabels({ d: 1 });
    const json = await register.getMetricsAsJSON();
    const first = [await register.metrics(), json.map(({ name, values }) => [name, values])];
    register.setContentType(any(client.openMetricsContentType));
    return [...first, await register.metrics()];
  },
  'a registry with a getMetricsAsString() of its own': async (client) => {
    class Own extends client.Registry {
      override async getMetricsAsString(metric: never) {
        return `# ${await super.getMetricsAsString(metric)}`;
      }
    }
    const register = new Own();
    for (const name of ['a', 'b']) {
      new client.Gauge({ name, help: 'h', registers: [register] }).set(1);
    }
    return [await register.metrics(), await register.getSingleMetricAsString('a')];
  },
  'inc() of a child calls inc() of its counter': async (client) => {
    const counter = new client.Counter({ name: 'm', help: 'h', labelNames: ['a'] });
    counter.labels('x').inc();
    const early = counter.labels('x');
    const calls = spied(counter, 'inc');
    counter.labels('x').inc();
    counter.labels({ a: 'x' }).inc(2);
    early.inc();
    return [calls, await client.register.metrics()];
  },
  'inc() of a child calls inc() of its counter, also if the counter has exemplars': (client) => {
    client.register.setContentType(any(client.openMetricsContentType));
    const counter = new client.Counter({
      name: 'm',
      help: 'h',
      labelNames: ['labels', 'value'],
      enableExemplars: true,
    });
    const calls = spied(counter, 'inc');
    return [thrown(counter.labels('x', 'y').inc), calls];
  },
  'methods of a child call those of its gauge': (client) => {
    const seen: unknown[] = [];
    for (const name of ['set', 'inc', 'dec', 'setToCurrentTime', 'startTimer']) {
      const gauge = new client.Gauge({ name: 'm', help: 'h', labelNames: ['a'] });
      gauge.labels('x').set(1);
      const early = gauge.labels('x');
      const calls = spied(gauge, name);
      const child = gauge.labels('x');
      child.set(1);
      child.inc();
      child.inc(2);
      child.dec(1);
      child.setToCurrentTime();
      child.startTimer()();
      early.setToCurrentTime();
      early.inc();
      seen.push([name, calls.map((args) => args.map((arg) => typeof arg))]);
      client.register.clear();
    }
    return seen;
  },
  "observe() of a child does not call its metric's observe(), but its timer does": (client) => {
    const seen: unknown[] = [];
    for (const type of ['Histogram', 'Summary'] as const) {
      const metric = new client[type](any({ name: type, help: 'h', labelNames: ['a'] }));
      const calls = spied(metric, 'observe');
      metric.labels('x').observe(1);
      metric.labels('x').startTimer()();
      metric.startTimer({ a: 'y' })();
      seen.push(calls.map(([labels]) => labels));
    }
    return seen;
  },
});

describe.each(subjects)('$name', ({ load }) => {
  test('a stub that was deleted is not called', async () => {
    for (const client of [await oracle.load(), await load()]) {
      const gauge = new client.Gauge({ name: 'm', help: 'h', labelNames: ['a'] });
      const calls = spied(gauge, 'set');
      gauge.labels('x').set(1);
      Reflect.deleteProperty(gauge, 'set');
      gauge.labels('x').set(2);
      expect(calls).toHaveLength(1);
      expect(await client.register.metrics()).toContain('m{a="x"} 2');
    }
  });

  test('a class with an inc() of its own: this package calls that inc(), and prom-client does not', async () => {
    const seen: number[] = [];
    for (const client of [await oracle.load(), await load()]) {
      class Twice extends client.Counter {
        override inc(): void {
          super.inc(2);
        }
      }
      const counter = new Twice({ name: 'm', help: 'h' });
      counter.inc();
      counter.labels().inc();
      seen.push((await counter.get()).values[0]!.value);
    }
    expect(seen).toEqual([2, 4]);
  });

  test('metricsBuffer() returns the text of a replaced metrics()', async () => {
    const { register } = await load();
    register.metrics = async () => Promise.resolve('stubbed');
    expect(String(await register.metricsBuffer())).toBe('stubbed');
  });

  test('a metric that a callback registers is in the same reading, also if it has a get() of its own', async () => {
    const { Gauge, register } = await load();
    class Twice extends Gauge {
      override async get() {
        const rows = await super.get();
        const values = rows.values.map((one) => ({ ...one, value: 2 * one.value }));
        return { ...rows, values };
      }
    }
    const read = [
      async () => /^late .*$/m.exec(await register.metrics())?.[0],
      async () => /^late .*$/m.exec(String(await register.metricsBuffer()))?.[0],
      async () =>
        (await register.getMetricsAsJSON())
          .filter(({ name }) => name === 'late')
          .map(({ values }) => `late ${values.map(({ value }) => value).join()}`)
          .join(),
    ];
    for (const one of read) {
      register.clear();
      new Gauge({
        name: 'first',
        help: 'h',
        collect: () => {
          if (register.getSingleMetric('late') === undefined) {
            new Twice({ name: 'late', help: 'h' }).set(2);
          }
        },
      });
      expect(await one()).toBe('late 4');
    }
  });

  test('clusterMetrics() shows the values of a replaced get(), once', async () => {
    const client = await load();
    const gauge = new client.Gauge({ name: 'm', help: 'h' });
    const rows = {
      name: 'm',
      help: 'h',
      type: 'gauge',
      aggregator: 'sum',
      values: [{ value: 9, labels: {} }],
    };
    gauge.get = async () => Promise.resolve(rows as never);
    const text = await new client.AggregatorRegistry().clusterMetrics();
    expect(text).toBe('# HELP m h\n# TYPE m gauge\nm 9\n');
  });

  test('a replaced get() is given the scope of the scrape, and can pass it on to the original get()', async () => {
    const client = await load();
    const counter = new client.Counter({ name: 'm', help: 'h' });
    const { register } = client;
    const seen: unknown[] = [];
    const original = counter.get.bind(counter);
    counter.get = async (...args) => {
      seen.push(args[0]?.scope);
      return original(...args);
    };
    for (const scope of ['application', 'process', 'thread'] as const) {
      await register.metrics({ scope });
      await register.metrics({ scope, contentType: client.openMetricsContentType });
      await register.getMetricsAsJSON({ scope });
      await register.getSingleMetricAsString('m', { scope });
      await new client.AggregatorRegistry().clusterMetrics({ scope } as never);
      expect(seen.splice(0)).toEqual([scope, scope, scope, scope, scope]);
    }
  });
});
