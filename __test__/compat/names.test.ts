/** Users may use all names that prom-client does not use: for methods, fields and keys of configurations. */

import { describe, expect, test } from 'vitest';

import { any, oracle, sameAsPromClient, subjects, thrown, type Client } from '../support/subject';

/** Names of properties that this package's implementation has or had. */
const METRIC = [
  'add announceCollect at begin bound cells child childOf exemplify family find h handles kind left live',
  'number observing observingTimes own owner part path process record repeat roster runCollect scale scope',
  'send sequence series settle shape shared single state store storage symbol tag timer times ttl unbound update',
  'values window writer time timed trackInProgress trackingInProgress countExceptions countingExceptions',
].flatMap((line) => line.split(' '));
const REGISTRY = [
  'aggregate contents json onScrape owner parts part read reading replaceMetric scope scraped shared tag text type',
  'union whole',
].flatMap((line) => line.split(' '));
const GATEWAY = ['checked', 'exchange', 'path', 'scope', 'send', 'url'];

const TYPES = ['Counter', 'Gauge', 'Histogram', 'Summary'] as const;
type Type = (typeof TYPES)[number];
type Any = Record<string, (...args: unknown[]) => unknown>;
type Made = new (...args: unknown[]) => Any;

/** Calls the methods that update, read, remove and reset a metric, and returns the output. */
async function used(client: Client, metric: Any, type: Type): Promise<unknown> {
  const update = { Counter: 'inc', Gauge: 'set', Histogram: 'observe', Summary: 'observe' }[type];
  metric[update]!({ a: 'x' }, 1);
  metric[update]!({ a: 'y' }, 2);
  const child = metric['labels']!('x') as Any;
  child[update]!(3);
  (metric['labels']!({ a: 'x' }) as Any)[update]!(4);
  if (type === 'Gauge') {
    metric['inc']!({ a: 'x' });
    metric['dec']!({ a: 'x' }, 3);
    child['inc']!();
    child['dec']!(2);
  }
  metric['remove']!('y');
  const before = await client.register.metrics();
  const { values } = (await metric['get']!()) as { values: unknown[] };
  metric['reset']!();
  const after = await client.register.metrics();
  client.register.clear();
  metric[update]!({ a: 'x' }, 1);
  return [before, values, after, await client.register.metrics()];
}

/** Updates a metric without labels, which takes another path in the code. */
function plain(metric: Any, type: Type): void {
  if (type === 'Counter' || type === 'Gauge') metric['inc']!(2);
  else metric['observe']!(2);
}

for (const type of TYPES) {
  // At these percentiles the quantiles of the summary are exact.
  const config = { name: 'm', help: 'h', labelNames: ['a'], percentiles: [0.01, 0.99] };
  sameAsPromClient({
    [`a subclass of ${type} with methods of any name`]: async (client) => {
      const seen: unknown[] = [];
      for (const name of METRIC) {
        const Own = class extends (client[type] as unknown as Made) {};
        Object.defineProperty(Own.prototype, name, {
          value(this: Any) {
            plain(this, type);
            return name;
          },
        });
        const metric = new Own({ name: 'n', help: 'h' });
        seen.push(metric[name]!(), await client.register.metrics());
        client.register.clear();
        seen.push(await used(client, new Own(config), type));
      }
      return seen;
    },
    [`a subclass of ${type} with fields of any name`]: async (client) => {
      const seen: unknown[] = [];
      for (const name of METRIC) {
        const Own = class extends (client[type] as unknown as Made) {
          [name] = any(3);
        };
        const metric = new Own(config);
        seen.push(metric[name], await used(client, metric, type));
      }
      return seen;
    },
    [`a ${type} with keys of any name in its configuration`]: async (client) => {
      const seen: unknown[] = [];
      for (const name of METRIC) {
        const Own = client[type] as unknown as Made;
        const metric = new Own({ ...config, [name]: 1 });
        seen.push(metric[name], await used(client, metric, type));
      }
      return seen;
    },
  });
}

sameAsPromClient({
  'a subclass of Registry with methods and fields of any name': async (client) => {
    const seen: unknown[] = [];
    for (const name of REGISTRY) {
      const Methods = class extends client.Registry {};
      Object.defineProperty(Methods.prototype, name, { value: () => 1 });
      const Fields = class extends client.Registry {
        [name] = any('x');
      };
      for (const registry of [new Methods(), new Fields()]) {
        new client.Gauge({ name: 'g', help: 'h', registers: [registry] }).set(1);
        registry.setDefaultLabels({ d: 1 });
        seen.push(registry.contentType, await registry.metrics());
        seen.push((await registry.getMetricsAsJSON()).length);
        seen.push(await registry.getSingleMetricAsString('g'));
        registry.setContentType(any(client.openMetricsContentType));
        seen.push(registry.contentType, await registry.metrics());
        registry.clear();
        seen.push(registry.getMetricsAsArray());
      }
    }
    return seen;
  },
  'a subclass of Pushgateway with methods of any name': async (client) => {
    const seen: unknown[] = [];
    for (const name of GATEWAY) {
      const Own = class extends client.Pushgateway {};
      Object.defineProperty(Own.prototype, name, {
        value(this: InstanceType<typeof Own>) {
          return this.push({ jobName: 'j' });
        },
      });
      const gateway = new Own('http://127.0.0.1:1') as unknown as Any;
      const pushed = gateway[name]!() as Promise<unknown>;
      seen.push(await pushed.catch((error: unknown) => (error as { code: string }).code));
      seen.push(thrown(() => gateway['pushAdd']!()));
    }
    return seen;
  },
  'metrics without registers are registered on Registry.globalRegistry': (client) => {
    const other = new client.Registry();
    client.Registry.globalRegistry = other;
    new client.Gauge({ name: 'g', help: 'h' });
    const names = (registry: typeof other) => registry.getMetricsAsArray().map(({ name }) => name);
    return [names(other), names(client.register)];
  },
});

describe('properties of an object that are visible', () => {
  const makers: Record<string, (client: Client) => object> = {
    ...Object.fromEntries(
      TYPES.map((type) => [
        type,
        (client: Client) => new client[type](any({ name: 'm', help: 'h', labelNames: ['a'] })),
      ]),
    ),
    Registry: (client) => new client.Registry(),
    AggregatorRegistry: (client) => new client.AggregatorRegistry(),
    Pushgateway: (client) => new client.Pushgateway('http://x'),
  };

  /** Names that an object or any of its prototypes has. */
  const named = (one: object): string[] => {
    const above = Object.getPrototypeOf(one) as object | null;
    const own = Object.getOwnPropertyNames(one);
    return above === null ? own : [...own, ...named(above)];
  };

  /**
   * Names that objects may have besides those of prom-client's objects: names that README.md documents, names of
   * prom-client's successor, and `collect`, which prom-client's metrics have only if it is given.
   */
  const ours = [
    'metricsBuffer writeToTextfile setPrefix snapshot start registerCollector removeEverywhere resetEverywhere shutdown collect',
    'time timed trackInProgress trackingInProgress countExceptions countingExceptions',
  ].flatMap((line) => line.split(' '));

  describe.each(subjects)('$name', ({ load }) => {
    test.each(Object.keys(makers))('%s has only prom-client’s names and `ours`', async (key) => {
      const [theirs, own] = [makers[key]!(await oracle.load()), makers[key]!(await load())];
      const known = new Set([...named(theirs), ...ours]);
      expect(named(own).filter((name) => !known.has(name))).toEqual([]);
      expect(Object.keys(own).every((name) => Object.keys(theirs).includes(name))).toBe(true);
      // `console.log` and `{ ...metric }` show no symbols either.
      const symbols = Object.getOwnPropertySymbols(own);
      expect(symbols.filter((one) => Object.prototype.propertyIsEnumerable.call(own, one))).toEqual(
        [],
      );
    });
  });
});
