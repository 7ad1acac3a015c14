/**
 * Label values that differ in type only: `1` and `'1'` are the same series. JSON shows the label value that prom-client
 * keeps: for a gauge the one of the last `set`, for other metrics the one of the first update. `reset()` and `remove()`
 * forget this label value.
 */

import { describe, expect, test } from 'vitest';

import {
  any,
  sameAsPromClient,
  subjects,
  thrown,
  type Client,
  type Program,
} from '../support/subject';

type Labelled = Record<string, unknown>;

const A: Labelled = { a: '1', b: 'x' };
const B: Labelled = { a: 1, b: 'x' };
const C: Labelled = { a: 1n, b: 'x' };

function make(client: Client) {
  const common = { help: 'h', labelNames: ['a', 'b'] };
  return {
    counter: new client.Counter({ name: 'c', ...common }),
    gauge: new client.Gauge({ name: 'g', ...common }),
    histogram: new client.Histogram({ name: 'h', buckets: [1], ...common }),
    summary: new client.Summary({ name: 's', percentiles: [], ...common }),
  };
}

type Metrics = ReturnType<typeof make>;

/** Sequences of updates, by title. */
const SEQUENCES: Record<string, (metrics: Metrics) => unknown> = {
  'counter: inc, inc': ({ counter }) =>
    [A, B].map((labels) => {
      counter.inc(any(labels));
    }),
  'counter: inc of a number first': ({ counter }) =>
    [B, A].map((labels) => {
      counter.inc(any(labels));
    }),
  'counter: children': ({ counter }) =>
    [B, A].map((labels) => {
      counter.labels(any(labels)).inc();
    }),
  'counter: positional children': ({ counter }) =>
    [B, A].map(({ a, b }) => {
      counter.labels(any(a), any(b)).inc();
    }),
  'counter: starts again after reset': ({ counter }) => {
    counter.inc(any(A));
    counter.reset();
    counter.inc(any(B));
  },
  'counter: starts again after remove': ({ counter }) => {
    counter.inc(any(A));
    counter.remove(any(A));
    counter.inc(any(C));
  },
  'gauge: set, set': ({ gauge }) =>
    [A, B].map((labels, i) => {
      gauge.set(any(labels), i);
    }),
  'gauge: set of a number first': ({ gauge }) =>
    [B, A].map((labels, i) => {
      gauge.set(any(labels), i);
    }),
  'gauge: set back and forth': ({ gauge }) =>
    [A, B, A, C, B, B, A, C].map((labels, i) => {
      gauge.set(any(labels), i);
    }),
  'gauge: inc does not change the types': ({ gauge }) => {
    gauge.set(any(A), 5);
    gauge.inc(any(B), 2);
    gauge.dec(any(C));
  },
  'gauge: inc after both were set': ({ gauge }) => {
    gauge.set(any(A), 5);
    gauge.set(any(B), 6);
    gauge.inc(any(A), 2);
    gauge.inc(any(B), 2);
    gauge.inc(any(A), 2);
  },
  'gauge: set after inc with the same labels': ({ gauge }) => {
    gauge.set(any(A), 5);
    gauge.inc(any(B), 2);
    gauge.set(any(B), 7);
  },
  'gauge: children set, each with its own labels': ({ gauge }) => {
    const [one, other] = [gauge.labels(any(A)), gauge.labels(any(B))];
    one.set(1);
    other.set(2);
    other.inc();
    one.inc();
  },
  'gauge: the first child sets again': ({ gauge }) => {
    const [one, other] = [gauge.labels('1', 'x'), gauge.labels(any(1), 'x')];
    other.set(2);
    one.set(1);
    one.set(3);
  },
  'gauge: a child beside set': ({ gauge }) => {
    const one = gauge.labels('1', 'x');
    gauge.set(any(B), 2);
    one.inc();
    gauge.labels('1', 'x').inc();
  },
  'gauge: a child sets after set': ({ gauge }) => {
    const one = gauge.labels('1', 'x');
    one.set(1);
    gauge.set(any(B), 2);
    one.set(4);
  },
  'gauge: setToCurrentTime and timers': ({ gauge }) => {
    gauge.set(any(A), 1);
    gauge.setToCurrentTime(any(B));
    gauge.set(any(A), 1);
    gauge.startTimer(any(C))();
    gauge.inc(any(A), 3);
    gauge.set(any(C), 1);
  },
  'gauge: starts again after reset': ({ gauge }) => {
    gauge.set(any(A), 5);
    gauge.set(any(B), 6);
    gauge.reset();
    gauge.inc(any(A));
  },
  'gauge: starts again after remove': ({ gauge }) => {
    gauge.set(any(A), 5);
    gauge.set(any(B), 6);
    gauge.remove(any(C));
    gauge.inc(any(A));
    gauge.inc(any(B));
  },
  'gauge: booleans, null': ({ gauge }) =>
    [true, 'true', null, 'null', 'true', true, 'null'].map((a, i) => {
      gauge.set(any({ a }), i);
    }),
  'histogram: observe, observe': ({ histogram }) =>
    [A, B].map((labels) => {
      histogram.observe(any(labels), 1);
    }),
  'histogram: zero': ({ histogram }) => {
    histogram.observe(any(A), 1);
    histogram.zero(any(B));
  },
  'histogram: observed after zero': ({ histogram }) => {
    histogram.zero(any(B));
    histogram.observe(any(A), 1);
  },
  'summary: observe, observe': ({ summary }) =>
    [A, B].map((labels) => {
      summary.observe(any(labels), 1);
    }),
  'summary: starts again after reset': ({ summary }) => {
    summary.observe(any(A), 1);
    summary.reset();
    summary.observe(any(B), 1);
  },
};

/** Returns a value as JSON, with bigints as text, because JSON has none. */
function serialised(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? `${one}n` : one));
}

const programs: Record<string, Program> = {};
for (const [title, act] of Object.entries(SEQUENCES)) {
  programs[title] = async (client) => {
    const metrics = make(client);
    const error = thrown(() => act(metrics));
    const got = await Promise.all(Object.values(metrics).map((metric) => metric.get()));
    // The sequences replace the values of setToCurrentTime() and timers, because these differ from run to run.
    return serialised([
      error,
      await client.register.metrics(),
      await client.register.getMetricsAsJSON(),
      got,
    ]);
  };
}
sameAsPromClient(programs);

describe.each(subjects)('on $name', ({ load }) => {
  test.each([
    ['Counter', 'inc'],
    ['Gauge', 'inc'],
    ['Histogram', 'observe'],
    ['Summary', 'observe'],
  ] as const)("undefined and 'undefined' are one label value of a %s", async (type, method) => {
    const client = await load();
    const metric = new client[type]({ name: 'm', help: 'h', labelNames: ['route', 'b'] });
    const update = (metric as never as Record<string, (...args: unknown[]) => void>)[method]!;
    const labels = metric.labels.bind(metric) as never as (...args: unknown[]) => typeof metric;
    for (let i = 0; i < 2; i++) {
      update.call(metric, { route: undefined, b: 'x' }, 1);
      update.call(metric, { b: 'x', route: 'undefined' }, 1);
      (labels(undefined, 'x') as never as Record<string, (value: number) => void>)[method]!(1);
      (labels({ route: undefined, b: 'x' }) as never as Record<string, (value: number) => void>)[
        method
      ]!(1);
    }
    const text = await client.register.metrics();
    const lines = text.split('\n').filter((line) => /^m(_count)?\{(?!quantile)/.test(line));
    expect(lines.map((line) => line.split('} ')[1])).toEqual(['8']);
    expect(lines[0]).toContain('route="undefined"');
    const json = (await client.register.getMetricsAsJSON())[0]!.values as { labels: Labelled }[];
    expect(new Set(json.map((row) => row.labels['route']))).toEqual(new Set(['undefined']));
    metric.remove(any({ route: undefined, b: 'x' }));
    expect(await client.register.metrics()).not.toContain('route');
  });

  test('of two gauges that share generated code, JSON shows the type of each default label value', async () => {
    const { Gauge, register } = await load();
    // A limited number of metrics get code of their own. These 70 gauges exceed the limit, so the two gauges below
    // share code.
    for (let n = 0; n < 70; n++) new Gauge({ name: `n${n}`, help: 'h', labelNames: ['a'] });
    const gauges = ['1', 1].map(
      (a, i) =>
        new Gauge(any({ name: `g${i}`, help: 'h', labelNames: ['a'], defaultLabels: { a } })),
    );
    for (const gauge of gauges) {
      gauge.set(any({ a: '1' }), 5);
      gauge.set({}, 6);
    }
    const json = await register.getMetricsAsJSON();
    const labels = json.flatMap(({ values }) =>
      (values as { labels: Labelled }[]).map((one) => one.labels),
    );
    expect(labels).toEqual([{ a: '1' }, { a: 1 }]);
  });

  test('a series with an undefined label is printed once in OpenMetrics and after aggregation of JSON', async () => {
    const client = await load();
    const counter = new client.Counter({ name: 'm_total', help: 'h', labelNames: ['route'] });
    counter.inc(any({ route: undefined }));
    counter.inc({ route: 'undefined' });
    counter.inc({});
    const contentType = client.openMetricsContentType;
    const open = await client.register.metrics({ contentType });
    expect(open.match(/^m_total.*/gm)).toEqual(['m_total{route="undefined"} 2', 'm_total 1']);
    const json = JSON.parse(JSON.stringify(await client.register.getMetricsAsJSON())) as never;
    const both = await client.AggregatorRegistry.aggregate([json, json]).metrics();
    expect(both.match(/^m_total.*/gm)).toEqual(['m_total{route="undefined"} 4', 'm_total 2']);
  });
});
