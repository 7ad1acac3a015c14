/** Additions of `@prometheus-io/client` 0.16, and `clusterMetrics()` in one process. */

import { describe, expect, test } from 'vitest';

import { until, within } from '../support/patience.mjs';
import { any, rejected, subjects, thrown } from '../support/subject';

const part = (value: number, labels: Record<string, unknown> = {}) => ({ value, labels });

describe.each(subjects)('additions of @prometheus-io/client 0.16: $name', ({ load }) => {
  test('getMetricsAsArray() and getMetricsAsJSON() select metrics by aggregator', async () => {
    const { register, Gauge, Counter } = await load();
    new Counter({ name: 'c', help: 'h' }).inc();
    let ran = 0;
    new Gauge({
      name: 'g',
      help: 'h',
      aggregator: 'max',
      collect() {
        ran++;
      },
    });
    const duck = { name: 'd', help: 'h', type: 'gauge', values: [part(1)] };
    register.registerMetric({ ...duck, get: () => duck });
    const names = (metrics: { name?: string }[]) => metrics.map(({ name }) => name);
    expect(names(register.getMetricsAsArray('sum'))).toEqual(['c', 'd']);
    expect(names(register.getMetricsAsArray('max'))).toEqual(['g']);
    expect(names(register.getMetricsAsArray('none'))).toEqual([]);
    expect(names(register.getMetricsAsArray(undefined))).toHaveLength(3);
    expect(names(await register.getMetricsAsJSON('sum'))).toEqual(['c', 'd']);
    // The callbacks of metrics that the filter leaves out do not run.
    expect(ran).toBe(0);
    expect(names(await register.getMetricsAsJSON('max'))).toEqual(['g']);
    expect(names(await register.getMetricsAsJSON('max', { scope: 'application' }))).toEqual(['g']);
    expect(names(await register.getMetricsAsJSON('none'))).toEqual([]);
    expect(ran).toBe(2);
  });

  test('ClusterRegistry and Registry.aggregate', async () => {
    const client = await load();
    expect(client.ClusterRegistry).toBe(client.AggregatorRegistry);
    const metric = { name: 'm', help: 'h', type: 'counter', aggregator: 'sum' };
    const parts = [1, 2].map((value) => [{ ...metric, values: [part(value)] }]);
    const text = await client.Registry.aggregate(parts).metrics();
    expect(text).toBe(await client.AggregatorRegistry.aggregate(parts).metrics());
    expect(text).toBe(await client.WorkerRegistry.aggregate(parts).metrics());
    await new client.ClusterRegistry().shutdown();
    expect(text).toContain('m 3');
  });

  test('a registry prints the format that its Content-Type names', async () => {
    const { AggregatorRegistry, Registry, WorkerRegistry, Counter } = await load();
    const type = Registry.OPENMETRICS_CONTENT_TYPE;
    new Counter({ name: 'c_total', help: 'h' }).inc(2);
    const printed = '# HELP c h\n# TYPE c counter\nc_total 2\n# EOF\n';
    expect(await new AggregatorRegistry(type).clusterMetrics()).toBe(printed);
    expect(await new WorkerRegistry(type).workerMetrics()).toBe(printed);
    expect(await new AggregatorRegistry().clusterMetrics()).not.toContain('EOF');
  });

  test('WorkerRegistry', async () => {
    const client = await load();
    const { WorkerRegistry, Registry, Counter } = client;
    const registry = new WorkerRegistry();
    expect(registry).toBeInstanceOf(Registry);
    expect(registry.primary).toBe(true);
    expect(new WorkerRegistry(undefined, false).primary).toBe(false);
    expect(WorkerRegistry.workerCount()).toBe(0);
    new Counter({ name: 'c', help: 'h' }).inc(2);
    expect(WorkerRegistry.workerCount()).toBe(0);
    expect(await registry.workerMetrics()).toBe('# HELP c h\n# TYPE c counter\nc 2\n');
    await registry.shutdown();
    expect(
      thrown(() => {
        WorkerRegistry.setRegistries(any(1));
      }),
    ).toBe('TypeError: Expected Registry, got number');
    const own = new Registry();
    new Counter({ name: 'own', help: 'h', registers: [own] }).inc();
    WorkerRegistry.setRegistries(own);
    expect(await registry.workerMetrics()).toBe('# HELP own h\n# TYPE own counter\nown 1\n');
  });
});

describe.each(subjects)('clusterMetrics(): $name', ({ load }) => {
  test('shows the metrics of the calling process, too; without metrics the text is a line break', async () => {
    const { AggregatorRegistry, Counter } = await load();
    const registry = new AggregatorRegistry();
    expect(await registry.clusterMetrics()).toBe('\n');
    new Counter({ name: 'c', help: 'h' }).inc(2);
    expect(await registry.clusterMetrics()).toBe('# HELP c h\n# TYPE c counter\nc 2\n');
  });

  test('calls a callback, as prom-client did before its version 13', async () => {
    const { AggregatorRegistry, Gauge } = await load();
    const registry = new AggregatorRegistry();
    const called = () =>
      within(
        new Promise<unknown[]>((resolve) => {
          registry.clusterMetrics((...args: unknown[]) => {
            resolve(args);
          });
        }),
        'the callback of clusterMetrics',
      );
    expect(await called()).toEqual([null, '\n']);
    // No promise is returned beside the callback. A program that supports prom-client before and since version 13
    // passes a callback and awaits any promise, so it would answer twice.
    expect((registry.clusterMetrics as (callback: () => void) => unknown)(() => undefined)).toBe(
      undefined,
    );
    const error = new Error('no value');
    const collect = () => {
      throw error;
    };
    new Gauge({ name: 'g', help: 'h', collect });
    expect(await called()).toEqual([error, undefined]);
  });

  test('shows the registries of setRegistries, each metric once', async () => {
    const client = await load();
    const { AggregatorRegistry, Registry, Counter, Gauge, register } = client;
    const [one, two, hidden] = [new Registry(), new Registry({ name: 'two' }), new Registry()];
    const both = new Counter({ name: 'both', help: 'h', registers: [one, two] });
    both.inc(3);
    new Counter({ name: 'default', help: 'h' }).inc();
    AggregatorRegistry.setRegistries([one, two]);
    // Metrics that are made after setRegistries() are shown, too.
    new Gauge({ name: 'late', help: 'h', registers: [one] }).set(1);
    new Gauge({ name: 'hidden', help: 'h', registers: [hidden] }).set(1);
    const registry = new AggregatorRegistry();
    const families = async () =>
      (await registry.clusterMetrics())
        .trim()
        .split('\n\n')
        .map((family) => family.split('\n')[2])
        .sort();
    expect(await families()).toEqual(['both 3', 'late 1']);
    // The registry itself prints the same metrics.
    expect(await one.metrics()).toContain('both 3\n');
    expect(await one.metrics()).toContain('late 1\n');
    both.inc();
    AggregatorRegistry.setRegistries(register);
    expect(await families()).toEqual(['default 1']);
    expect(await one.metrics()).toContain('both 4\n');
  });

  test.each([
    ['several registries', [{}, {}]],
    ['several registries that are not shared', [{ shared: false }, { shared: false }]],
    ['a named registry and one that is not shared', [{ name: 'a' }, { shared: false }]],
  ])('joins metrics of one name in %s, and prints any object with a get()', async (_, options) => {
    const { AggregatorRegistry, Registry, Counter, Gauge } = await load();
    const registries = [1, 10].map((n, i) => {
      const registry = new Registry(options[i]);
      registry.setDefaultLabels({ app: 'x' });
      new Counter({ name: 'c', help: 'h', registers: [registry] }).inc(n);
      new Gauge({ name: 'omitted', help: 'h', aggregator: 'omit', registers: [registry] }).set(n);
      return registry;
    });
    const duck = { name: 'd', help: 'h', type: 'gauge', values: [part(1, { app: '' })] };
    registries[1]!.registerMetric({ ...duck, get: () => Promise.resolve(duck) });
    AggregatorRegistry.setRegistries(registries);
    expect(await new AggregatorRegistry().clusterMetrics()).toBe(
      '# HELP c h\n# TYPE c counter\nc{app="x"} 11\n\n# HELP d h\n# TYPE d gauge\nd{app=""} 1\n',
    );
  });

  test('in OpenMetrics, leaves out a metric that has the name of a sample of another metric', async () => {
    const { AggregatorRegistry, Registry, Gauge, Summary } = await load();
    const registries = [new Registry({ name: 'heap' }), new Registry({ shared: false })] as const;
    new Summary({ name: 'foo', help: 'h', registers: [registries[0]] }).observe(2);
    new Gauge({ name: 'foo_count', help: 'h', registers: [registries[1]] }).set(7);
    AggregatorRegistry.setRegistries([...registries]);
    const type = Registry.OPENMETRICS_CONTENT_TYPE;
    const text = await new AggregatorRegistry(type).clusterMetrics();
    expect(text.match(/^foo_count .*/gm)).toEqual(['foo_count 1']);
  });

  test('rejects with the error of a collect callback', async () => {
    const { AggregatorRegistry, Gauge } = await load();
    new Gauge({
      name: 'g',
      help: 'h',
      collect() {
        throw new RangeError('collect failed');
      },
    });
    expect(await rejected(new AggregatorRegistry().clusterMetrics())).toBe(
      'RangeError: collect failed',
    );
  });

  test('shutdown() waits for calls that are under way, until its timeout', async () => {
    const { AggregatorRegistry, Gauge } = await load();
    let end: () => void = () => undefined;
    let begun = false;
    new Gauge({
      name: 'g',
      help: 'h',
      collect: () => {
        begun = true;
        return new Promise((resolve) => (end = resolve));
      },
    });
    const registry = new AggregatorRegistry();
    const order: string[] = [];
    const scrape = registry.clusterMetrics().then(() => order.push('scraped'));
    await until(() => begun, 'no scrape began');
    await registry.shutdown(10);
    order.push('gave up');
    const shutdown = registry.shutdown().then(() => order.push('shut down'));
    end();
    await Promise.all([scrape, shutdown]);
    expect(order).toEqual(['gave up', 'scraped', 'shut down']);
  });
});
