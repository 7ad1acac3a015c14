/** A metric's own values without a scrape: in `hashMap`, and as `console.log` prints them. */

import { inspect } from 'node:util';

import { describe, expect, test } from 'vitest';

import { any, sameAsPromClient, subjects, type Client, type Program } from '../support/subject';

const named = { name: 'm', help: 'h' };
const labelled = { ...named, labelNames: ['b', 'a'] };

/** Returns a copy of a metric's `hashMap`, without the digests that prom-client keeps in entries of a summary. */
function hashMap(metric: object): unknown {
  const all = (metric as { hashMap: Record<string, { td?: unknown }> }).hashMap;
  const entries = Object.entries(all).map(([key, { ...entry }]) => {
    delete entry.td;
    // Copies the entry, because prom-client changes it with each update.
    return [key, structuredClone(entry)];
  });
  return Object.fromEntries(entries) as unknown;
}

const PROGRAMS: Record<string, (client: Client) => [metric: object, steps: (() => void)[]]> = {
  'a counter': ({ Counter }) => {
    const counter = new Counter(labelled);
    return [
      counter,
      [
        () => {
          counter.inc({ b: 1, a: 'x' }, 3);
        },
        () => {
          counter.labels({ a: 'y' }).inc();
        },
        () => {
          counter.inc({ a: 'x', b: 1 });
        },
        () => {
          counter.remove({ a: 'y' });
        },
        () => {
          counter.reset();
        },
      ],
    ];
  },
  'a counter without labels': ({ Counter }) => {
    const counter = new Counter(named);
    return [
      counter,
      [
        () => {
          counter.inc();
        },
        () => {
          counter.inc(2.5);
        },
        () => {
          counter.reset();
        },
      ],
    ];
  },
  'a gauge': ({ Gauge }) => {
    const gauge = new Gauge(labelled);
    return [
      gauge,
      [
        () => {
          gauge.set({ a: 'x,"' }, -2);
        },
        () => {
          gauge.dec({ a: 'x,"' }, 2);
        },
        () => {
          gauge.labels('1', '2').set(NaN);
        },
        () => {
          gauge.remove('1', '2');
        },
      ],
    ];
  },
  'a gauge without labels': ({ Gauge }) => {
    const gauge = new Gauge(named);
    return [
      gauge,
      [
        () => {
          gauge.set(7);
        },
        () => {
          gauge.reset();
        },
      ],
    ];
  },
  'a histogram': ({ Histogram }) => {
    const histogram = new Histogram({ ...labelled, buckets: [0.5, 1, 5] });
    return [
      histogram,
      [
        () => {
          histogram.observe({ a: 1 }, 0.7);
        },
        () => {
          histogram.observe({ a: 1 }, 100);
        },
        () => {
          histogram.zero({ a: 2 });
        },
        () => {
          histogram.labels({ b: 'x' }).observe(5);
        },
        () => {
          histogram.reset();
        },
      ],
    ];
  },
  'a histogram without labels': ({ Histogram }) => {
    const histogram = new Histogram(named);
    return [
      histogram,
      [
        () => {
          histogram.observe(3);
        },
        () => {
          histogram.reset();
        },
      ],
    ];
  },
  'a summary': ({ Summary }) => {
    const summary = new Summary({ ...labelled, maxAgeSeconds: 60, ageBuckets: 5 });
    return [
      summary,
      [
        () => {
          summary.observe({ a: 1 }, 0.5);
        },
        () => {
          summary.observe({ a: 1 }, -3);
        },
        () => {
          summary.reset();
        },
      ],
    ];
  },
  'a summary without labels': ({ Summary }) => {
    const summary = new Summary(named);
    return [
      summary,
      [
        () => {
          summary.observe(2);
        },
      ],
    ];
  },
};

const programs: Record<string, Program> = {};
for (const [title, make] of Object.entries(PROGRAMS)) {
  programs[`the hashMap of ${title}`] = (client) => {
    const [metric, steps] = make(client);
    const seen = [hashMap(metric)];
    for (const step of steps) {
      step();
      seen.push(hashMap(metric));
    }
    return seen;
  };
}

sameAsPromClient({
  ...programs,
  'bucketValues of a histogram': ({ Histogram }) => {
    const histogram = new Histogram({ ...named, buckets: [0.5, 3, 1, 1] });
    histogram.observe(2);
    const { bucketValues } = histogram as unknown as { bucketValues: object };
    return [bucketValues, Object.isFrozen(bucketValues)];
  },
  'a class that keeps a hashMap of its own': ({ Counter }) => {
    class Own extends Counter {
      override reset(): void {
        (this as unknown as { hashMap: object }).hashMap = { mine: 1 };
      }
    }
    const own = new Own(named);
    own.reset();
    return [(own as unknown as { hashMap: object }).hashMap, Object.keys(own).includes('hashMap')];
  },
});

describe.each(subjects)('$name', ({ load }) => {
  test('a change of the hashMap does not change the metric', async () => {
    const { Counter, register } = await load();
    const counter = new Counter(named);
    counter.inc();
    const seen = (counter as unknown as { hashMap: Record<string, { value: number }> }).hashMap;
    expect(() => {
      seen['']!.value = 5;
    }).toThrow(TypeError);
    expect(() => Reflect.deleteProperty(seen, '')).not.toThrow();
    counter.inc();
    expect(seen['']).toEqual({ value: 1, labels: {} });
    expect(await register.getSingleMetricAsString('m')).toContain('m 2');
    expect(Object.keys(counter)).not.toContain('hashMap');
    expect(() => JSON.stringify(counter)).not.toThrow();
  });

  test.each(['sum', 'max', 'all', 'mostrecent', 'shared'] as const)(
    'hashMap of a gauge with the aggregator %s',
    async (aggregator) => {
      const { Gauge } = await load();
      const gauge = new Gauge({ ...named, aggregator, labelNames: ['a'] });
      gauge.set({ a: 'x' }, 2);
      gauge.inc({ a: 'x' }, 3);
      expect(hashMap(gauge)).toEqual({ 'a:x,': { value: 5, labels: { a: 'x' } } });
    },
  );

  test('console.log of a registry: names, types and own values', async () => {
    const { Counter, Gauge, Histogram, Summary, register } = await load();
    register.setDefaultLabels({ app: 'x' });
    new Counter({ name: 'c', help: 'h', labelNames: ['a'] }).inc({ a: 'x' }, 3);
    new Gauge({ name: 'g', help: 'h' }).set(-2);
    new Histogram({ name: 'h', help: 'h' }).observe(2);
    new Summary({ name: 's', help: 'h', labelNames: ['a'] }).observe({ a: 1 }, 4);
    register.registerMetric(any({ name: 'd', get: () => ({}) }));
    expect(inspect(register)).toBe(
      [
        'Registry {',
        "  contentType: 'text/plain; version=0.0.4; charset=utf-8',",
        "  defaultLabels: { app: 'x' },",
        '  metrics: {',
        `    c: Counter { 'a="x"': 3 },`,
        "    g: Gauge { '': -2 },",
        "    h: Histogram { '': 1 observations, sum 2 },",
        `    s: Summary { 'a="1"': 1 observations, sum 4 },`,
        "    d: { name: 'd', get: [Function: get] }",
        '  }',
        '}',
      ].join('\n'),
    );
    expect(inspect([[[register]]])).toBe('[ [ [ [Registry] ] ] ]');
  });

  test('console.log of a metric, and of an object with a metric', async () => {
    const { Counter } = await load();
    class Requests extends Counter {}
    const requests = new Requests({ name: 'c', help: 'h', labelNames: ['a'] });
    requests.inc({ a: '"' });
    requests.labels('y').inc(4);
    const lines = [
      'Requests {',
      "  name: 'c',",
      "  help: 'h',",
      "  type: 'counter',",
      "  labelNames: [ 'a' ],",
      "  aggregator: 'sum',",
      String.raw`  values: { 'a="\\""': 1, 'a="y"': 4 }`,
      '}',
    ];
    expect(inspect(requests)).toBe(lines.join('\n'));
    const deeper = lines.slice(1).map((line) => `\n  ${line}`);
    expect(inspect({ requests })).toBe(`{\n  requests: Requests {${deeper.join('')}\n}`);
    requests.reset();
    expect(inspect(requests)).toContain('values: {}');
  });
});
