import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { afterEach, describe, expect, test, vi } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { PythonReader } from '../support/python-reader';
import { samples } from '../support/samples';
import { cpuWithExemplars, within } from '../support/span';
import { any, sameAsPromClient, subjects, thrown, type Client } from '../support/subject';

/** Starts a garbage collection. V8 gives the function only to contexts that are made after `--expose-gc` was set. */
const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Default metrics of @prometheus-io/client that prom-client does not have. */
const ADDED = /eventloop_utilization/;

afterEach(() => {
  vi.restoreAllMocks();
});

/** Name, help, type, aggregator and labels of each metric, without values. */
async function shapes(register: Client['register']) {
  const all = await register.getMetricsAsJSON();
  return all
    .filter(({ name }) => !ADDED.test(name))
    .map(({ name, help, type, aggregator, values }) => {
      // The labels of these metrics say which types of handles, requests and garbage collections there are at the
      // moment, so they may differ between two clients.
      const varies = /nodejs_(active_[a-z]+$|gc)/.test(name);
      const labels = varies ? [] : values.map((row) => JSON.stringify(row.labels));
      return { name, help, type, aggregator, labels: [...new Set(labels)] };
    });
}

/** The lines of a text without their values. */
function lines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !ADDED.test(line) && !/^\w*nodejs_(active|gc)/.test(line))
    .map((line) => (line.startsWith('#') ? line : line.replace(/ \S+$/, '')));
}

/** Waits until the condition holds. */
async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

function metricsWith(config: object | null | undefined) {
  return async (client: Client) => {
    client.collectDefaultMetrics(any(config));
    const { register } = client;
    // The event loop's lag is measured from the first scrape to the next turn of the event loop.
    await register.metrics();
    await new Promise(setImmediate);
    return [await shapes(register), lines(await register.metrics())];
  };
}

sameAsPromClient({
  'makes all metrics': metricsWith(undefined),
  'accepts null': metricsWith(null),
  'accepts an empty object': metricsWith({}),
  'puts a prefix before names': metricsWith({ prefix: 'my_application_' }),
  'adds labels': metricsWith({ labels: { node: 'a', zone: 3 } }),
  'adds labels and a prefix': metricsWith({ labels: { node: 'a' }, prefix: 'p_' }),
  'takes buckets for the durations of garbage collections': (client) => {
    client.collectDefaultMetrics({ gcDurationBuckets: [0.5, 7] });
    const gc = client.register.getSingleMetric('nodejs_gc_duration_seconds');
    return (gc as unknown as { upperBounds: number[] }).upperBounds;
  },
  'checks eventLoopMonitoringPrecision': (client) =>
    [0, -1, 'x', 20].map((eventLoopMonitoringPrecision) => {
      const call = () => client.collectDefaultMetrics(any({ eventLoopMonitoringPrecision }));
      const said = thrown(call);
      client.register.clear();
      return said;
    }),
  'registers in another registry': async (client) => {
    const register = new client.Registry();
    client.collectDefaultMetrics({ register });
    return [await shapes(register), await client.register.metrics()];
  },
  'refuses options that are no object': (client) =>
    ['x', 1, true, false, '', 0n, Symbol.iterator, () => ({})].map((config) =>
      thrown(() => client.collectDefaultMetrics(any(config))),
    ),
  'cannot be called twice': (client) => {
    client.collectDefaultMetrics();
    return [
      thrown(() => client.collectDefaultMetrics()),
      thrown(() => client.collectDefaultMetrics({ prefix: 'other_' })),
    ];
  },
  'can be called again after the registry was cleared': async (client) => {
    client.collectDefaultMetrics();
    client.register.clear();
    client.collectDefaultMetrics();
    return shapes(client.register);
  },
  'keeps the metrics that it made before it met a name that is taken': async (client) => {
    new client.Gauge({ name: 'nodejs_version_info', help: 'mine' });
    return [thrown(() => client.collectDefaultMetrics()), await shapes(client.register)];
  },
  'sets values again after a reset': async (client) => {
    client.collectDefaultMetrics();
    client.register.resetMetrics();
    const seen = samples(await client.register.metrics());
    return [...seen]
      .filter(([name]) => /^process_(start|max)|version_info/.test(name))
      .concat([['memory', Number(seen.get('process_resident_memory_bytes')! > 1e6)]]);
  },
  'the same metrics as in prom-client have a `collect`': (client) => {
    client.collectDefaultMetrics();
    return client.register
      .getMetricsAsArray()
      .filter(({ name }) => !ADDED.test(name))
      .map(({ name, collect }) => [name, typeof collect]);
  },
  'sets the total of active resources if only that is read': async (client) => {
    client.collectDefaultMetrics();
    const timer = setTimeout(() => undefined, 60_000);
    const found = await client.register.getSingleMetric('nodejs_active_resources_total')!.get();
    clearTimeout(timer);
    return found.values.map(({ value }) => value > 0);
  },
  'has a list of the entries that can be chosen': ({ collectDefaultMetrics }) =>
    collectDefaultMetrics.metricsList.filter((name) => name !== 'eventLoopUtilization'),
  'refuses exemplars on a Prometheus registry': (client) =>
    thrown(() => client.collectDefaultMetrics({ enableExemplars: true })),
  'has exemplars with the active span on an OpenMetrics registry': async (client) => {
    const { register, cpuText } = cpuWithExemplars(client);
    const outside = await register.metrics();
    const restore = within({ traceId: 'trace', spanId: 'span' });
    const inside = await register.metrics().finally(restore);
    expect(inside).toContain('# {traceId="trace",spanId="span"}');
    return [cpuText(outside), cpuText(inside)];
  },
  'calls functions of `process` that a test has replaced': async (client) => {
    vi.spyOn(process, 'memoryUsage').mockReturnValue({
      rss: 1,
      heapTotal: 2,
      heapUsed: 3,
      external: 4,
      arrayBuffers: 5,
    });
    let cpu = 0;
    vi.spyOn(process, 'cpuUsage').mockImplementation(() => {
      cpu += 1e6;
      return { user: cpu, system: 2 * cpu };
    });
    const active = vi.spyOn(process, 'getActiveResourcesInfo');
    active.mockReturnValue(['Timeout', 'Timeout', 'a "b"']);
    client.collectDefaultMetrics({ labels: { node: 'a' } });
    const text = await client.register.metrics();
    active.mockReturnValue(['Timeout']);
    const again = await client.register.metrics();
    return [text, again].map((one) =>
      [...samples(one)].filter(([name]) =>
        /_cpu_|nodejs_heap_size|external|active_resources/.test(name),
      ),
    );
  },
});

describe.each(subjects)('collectDefaultMetrics on $name', ({ load }) => {
  test.skipIf(lacks('prometheus_client'))('the Python client reads the exemplars', async () => {
    const { register } = cpuWithExemplars(await load());
    const restore = within({ traceId: 'trace', spanId: 'span' });
    const text = await register.metrics().finally(restore);
    const python = new PythonReader();
    const families = await python.read(text).finally(() => {
      python.close();
    });
    const samples = families.flatMap((family) => family.samples);
    const found = samples.filter(([name]) => name.includes('_cpu_'));
    const exemplar = (spent: string) => [
      { traceId: 'trace', spanId: 'span' },
      spent,
      '1700000000.5',
    ];
    expect(found.map(([name, , value, given]) => [name, value, given])).toEqual([
      ['process_cpu_user_seconds_total', '1.0', exemplar('1.0')],
      ['process_cpu_system_seconds_total', '2.0', exemplar('2.0')],
      ['process_cpu_seconds_total', '3.0', exemplar('3.0')],
    ]);
  });

  test("has @prometheus-io/client's metrics too", async () => {
    const client = await load();
    client.collectDefaultMetrics({ eventLoopUtilizationTimeout: 5, labels: { a: 'b' } });
    const HELP =
      'Ratio of time the event loop is not idling in the event provider to the total time the event loop is running.';
    const name = 'nodejs_eventloop_utilization';
    const counted = async () =>
      samples(await client.register.metrics()).get(`${name}_histogram_count{a="b"}`) ?? 0;
    await until(async () => (await counted()) > 1);
    const json = await client.register.getMetricsAsJSON();
    const added = json.filter(({ name }) => ADDED.test(name));
    expect(added.map(({ name, help, type, aggregator }) => [name, help, type, aggregator])).toEqual(
      [
        [`${name}_summary`, HELP, 'summary', 'sum'],
        [`${name}_histogram`, HELP, 'histogram', 'sum'],
      ],
    );
    const bounds = added[1]!.values.map(({ labels }) => labels['le']).filter(Boolean);
    expect(bounds).toEqual([
      ...[0.01, 0.05, 0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99, 1],
      '+Inf',
    ]);
    const read = async () =>
      Object.fromEntries(
        [...samples(await client.register.metrics())].filter(([one]) => ADDED.test(one)),
      );
    let values = await read();
    // A scrape reads the heap on another thread, and may do so when the event loop has updated only the
    // summary or only the histogram.
    const [summary, histogram] = [`${name}_summary_count{a="b"}`, `${name}_histogram_count{a="b"}`];
    for (let tries = 0; tries < 100 && values[summary] !== values[histogram]; tries++) {
      values = await read();
    }
    expect(values[`${name}_summary_count{a="b"}`]).toBe(values[`${name}_histogram_count{a="b"}`]);
    expect(values[`${name}_summary_sum{a="b"}`]).toBe(values[`${name}_histogram_sum{a="b"}`]);
    expect(values[`${name}_histogram_bucket{le="1",a="b"}`]).toBe(
      values[`${name}_histogram_count{a="b"}`],
    );
    client.register.clear();
  });

  test('makes the metrics that are chosen by name', async () => {
    const client = await load();
    const { register, collectDefaultMetrics } = client;
    const names = () => register.getMetricsAsArray().map(({ name }) => name);
    collectDefaultMetrics({ metrics: ['version', 'process_cpu_seconds_total'], prefix: 'p_' });
    expect(names()).toEqual(['p_process_cpu_seconds_total', 'p_nodejs_version_info']);
    // In prom-client, the callback of another metric sets this metric; here the other metric is not chosen.
    const cpu = async () => samples(await register.metrics()).get('p_process_cpu_seconds_total');
    expect(await cpu()).toBeGreaterThan(0);
    register.clear();
    const lag = ['eventLoopLag'];
    collectDefaultMetrics({ metrics: lag, exclude: ['nodejs_eventloop_lag_seconds'] });
    expect(names()).toHaveLength(7);
    const most = async () =>
      samples(await register.metrics()).get('nodejs_eventloop_lag_max_seconds');
    await until(async () => (await most())! > 0);
    register.clear();
    collectDefaultMetrics({ exclude: collectDefaultMetrics.metricsList });
    expect(names()).toEqual([]);
    collectDefaultMetrics({ metrics: [] });
    expect(names()).toEqual([]);
  });

  test('refuses unknown names', async () => {
    const { collectDefaultMetrics, register } = await load();
    expect(thrown(() => collectDefaultMetrics({ exclude: ['gc', 'cpu'] }))).toMatch(
      /^MpmetricsError: collectDefaultMetrics: exclude must name default metrics, and has 'cpu'; there are processCpuTotal, .*gc, and/,
    );
    expect(thrown(() => collectDefaultMetrics({ metrics: any('gc') }))).toBe(
      "MpmetricsError: collectDefaultMetrics: metrics must be an array, and is 'gc'",
    );
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test.each([
    [
      'stop()',
      (_: Client, stop: () => void) => {
        stop();
      },
    ],
    [
      'register.clear()',
      (client: Client) => {
        client.register.clear();
      },
    ],
    [
      'removing the metrics',
      (client: Client) => {
        for (const { name } of client.register.getMetricsAsArray()) {
          client.register.removeSingleMetric(name);
        }
      },
    ],
  ])('%s ends observers and timers', async (_, end) => {
    const client = await load();
    const delays = Object.getPrototypeOf(monitorEventLoopDelay()) as { disable: () => boolean };
    const disable = vi.spyOn(delays, 'disable');
    const stop = client.collectDefaultMetrics({ eventLoopUtilizationTimeout: 5 });
    const metric = (name: string) => client.register.getSingleMetric(name) as { get(): unknown };
    const watched = ['nodejs_gc_duration_seconds', 'nodejs_eventloop_utilization_histogram'].map(
      metric,
    );
    const counts = async () => {
      const read = await Promise.all(
        watched.map(
          async (one) => (await one.get()) as { values: { metricName?: string; value: number }[] },
        ),
      );
      return read.map(({ values }) =>
        values
          .filter(({ metricName }) => metricName?.endsWith('_count'))
          .reduce((sum, { value }) => sum + value, 0),
      );
    };
    collectGarbage();
    await until(async () => (await counts()).every((count) => count > 0));
    expect(disable).not.toHaveBeenCalled();
    end(client, stop);
    expect(client.register.getMetricsAsArray()).toEqual([]);
    expect(disable).toHaveBeenCalledOnce();
    const before = await counts();
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await counts()).toEqual(before);
    client.collectDefaultMetrics();
    stop();
    expect(client.register.getMetricsAsArray()).not.toEqual([]);
    client.register.clear();
  });

  test('if one metric of an entry is removed, the others of the entry go on', async () => {
    const client = await load();
    client.collectDefaultMetrics({ metrics: ['osMemoryHeap'] });
    client.register.removeSingleMetric('process_resident_memory_bytes');
    const seen = samples(await client.register.metrics());
    expect([...seen.keys()]).toEqual(['process_virtual_memory_bytes', 'process_heap_bytes']);
    expect([...seen.values()].every((bytes) => bytes > 0)).toBe(true);
  });

  test('keeps the lag of the last scrape if the event loop has had no time for a sample since', async () => {
    const client = await load();
    client.collectDefaultMetrics({ metrics: ['eventLoopLag'], eventLoopMonitoringPrecision: 5 });
    const read = async () => samples(await client.register.metrics());
    await until(async () => (await read()).get('nodejs_eventloop_lag_mean_seconds')! > 0);
    for (let i = 0; i < 20; i++) {
      const seen = await read();
      expect(seen.get('nodejs_eventloop_lag_mean_seconds')).toBeGreaterThan(0);
      expect(seen.get('nodejs_eventloop_lag_min_seconds')).toBeLessThan(60);
    }
    client.register.clear();
  });

  test('counts every garbage collection', async () => {
    const client = await load();
    client.collectDefaultMetrics({ metrics: ['gc'] });
    for (let i = 0; i < 10; i++) collectGarbage();
    const major = async () =>
      samples(await client.register.metrics()).get(
        'nodejs_gc_duration_seconds_count{kind="major"}',
      ) ?? 0;
    await until(async () => (await major()) >= 10);
    client.register.clear();
  });

  test('gives each process series of its own with `perProcess`', async () => {
    const client = await load();
    client.register.setDefaultLabels({ pod: 'a' });
    client.collectDefaultMetrics({ perProcess: true, metrics: ['version', 'processCpuTotal'] });
    const one = `pid="${process.pid}",worker="primary"`;
    const names = async () =>
      [...samples(await client.register.metrics()).keys()].map((name) => {
        const [, family, labels] = /^(\w+)\{(.*)\}$/.exec(name)!;
        return `${family!}{${labels!.split(',').sort().join()}}`;
      });
    const found = await names();
    expect(found).toContain(`process_cpu_seconds_total{${one.replace(',', ',pod="a",')}}`);
    expect(found).toHaveLength(4);
    client.register.setDefaultLabels({ pod: 'b' });
    expect((await names()).every((name) => name.includes('pod="b"') && name.includes('pid='))).toBe(
      true,
    );
    const json = await client.register.getMetricsAsJSON();
    expect(json[0]!.values[0]!.labels).toEqual({
      pid: String(process.pid),
      worker: 'primary',
      pod: 'b',
    });
    client.register.clear();
    expect(await client.register.metrics()).toBe('\n');
  });
});
