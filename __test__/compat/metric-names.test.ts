/** Names that are joined from parts; units; prefixes of registries; warnings of misspelt options. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, describe, expect, test, vi } from 'vitest';

import { LocalGateway } from '../support/local-gateway';
import { any, subjects, thrown } from '../support/subject';

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(subjects)('$name', ({ load }) => {
  test.each([
    [
      'counter',
      { namespace: 'app', subsystem: 'http', name: 'requests_total' },
      'app_http_requests_total',
    ],
    ['counter', { name: 'sent_total', unit: 'bytes' }, 'sent_bytes_total'],
    ['counter', { name: 'sent_bytes_total', unit: 'bytes' }, 'sent_bytes_total'],
    ['counter', { name: 'sent', unit: 'bytes' }, 'sent_bytes'],
    ['gauge', { name: 'sent_total', unit: 'bytes' }, 'sent_total_bytes'],
    ['gauge', { name: 'age_seconds', unit: 'seconds' }, 'age_seconds'],
    ['gauge', { name: 'seconds', unit: 'seconds' }, 'seconds_seconds'],
    ['gauge', { name: 'g', namespace: '', subsystem: undefined, unit: null }, 'g'],
    ['histogram', { subsystem: 'http', name: 'request', unit: 'seconds' }, 'http_request_seconds'],
    ['summary', { namespace: 'app', name: 'size', unit: 'bytes' }, 'app_size_bytes'],
  ])('a %s of %j is %s', async (type, parts, name) => {
    const client = await load();
    const classes = {
      counter: client.Counter,
      gauge: client.Gauge,
      histogram: client.Histogram,
      summary: client.Summary,
    };
    new classes[type as 'counter'](any({ help: 'h', ...parts }));
    const metric = client.register.getSingleMetric(name);
    expect((metric as unknown as { name: string }).name).toBe(name);
    expect(await client.register.metrics()).toContain(`# TYPE ${name} ${type}\n`);
  });

  test.each([
    [{ name: 'c', namespace: 5 }, 'TypeError: namespace must be a string, and is 5'],
    [{ name: 'c', unit: {} }, 'TypeError: unit must be a string, and is {}'],
    [{ name: 'c', unit: 'm/s' }, 'Error: Invalid metric name'],
    [{ name: 'c', namespace: '1' }, 'Error: Invalid metric name'],
    [{ namespace: 'app' }, 'Error: Missing mandatory name parameter'],
  ])('%j is refused', async (parts, message) => {
    const { Counter, Gauge } = await load();
    expect(thrown(() => new Counter(any({ help: 'h', ...parts })))).toBe(message);
    expect(thrown(() => new Gauge(any({ help: 'h', ...parts })))).toBe(message);
  });

  test('OpenMetrics shows the unit of a family whose name ends with it; the text format shows no units', async () => {
    const client = await load();
    new client.Counter({ name: 'sent_total', help: 'h', unit: 'bytes' });
    new client.Gauge({ name: 'age', help: 'h', unit: 'seconds' });
    new client.Histogram({ name: 'took', help: 'h', unit: 'seconds', buckets: [1] }).observe(1);
    new client.Summary({ name: 'size', help: 'h', unit: 'bytes', percentiles: [] }).observe(1);
    // The counter's name without `_total` is that of a gauge, so the counter is shown as `unknown`.
    new client.Counter({ name: 'age_seconds_total', help: 'h', unit: 'seconds' });
    new client.Gauge({ name: 'none', help: 'h' });
    const text = await client.register.metrics({ contentType: client.openMetricsContentType });
    expect(text.split('\n').filter((line) => line.startsWith('# UNIT'))).toEqual([
      '# UNIT sent_bytes bytes',
      '# UNIT age_seconds seconds',
      '# UNIT took_seconds seconds',
      '# UNIT size_bytes bytes',
    ]);
    expect(text).toContain(
      '# TYPE sent_bytes counter\n# UNIT sent_bytes bytes\nsent_bytes_total 0\n',
    );
    expect(await client.register.metrics()).not.toContain('UNIT');
    const one = await client.register.getSingleMetricAsString('age_seconds', {
      contentType: client.openMetricsContentType,
    });
    expect(one).toBe(
      '# HELP age_seconds h\n# TYPE age_seconds gauge\n# UNIT age_seconds seconds\nage_seconds 0',
    );
  });

  describe('a prefix of a registry', () => {
    async function filled() {
      const client = await load();
      const register = new client.Registry({ prefix: 'app_' });
      const registers = [any(register)];
      new client.Counter({ name: 'c_total', help: 'h', registers, unit: 'bytes' }).inc(1);
      new client.Gauge({ name: 'g', help: 'h', registers, labelNames: ['a'] }).set({ a: '1' }, 2);
      new client.Histogram({ name: 'h', help: 'h', registers, buckets: [1] }).observe(3);
      new client.Summary({ name: 's', help: 'h', registers, percentiles: [0.5] }).observe(4);
      const values = [{ labels: {}, value: 5, metricName: 'duck_sum' }];
      const duck = { name: 'duck', help: 'h', type: 'summary', values, aggregator: 'sum' };
      register.registerMetric(any({ name: 'duck', get: () => duck }));
      return { client, register };
    }

    /** Returns the names in an output, with those of its comments. */
    function names(text: string): string[] {
      return [...new Set(text.match(/^(?:# (?:HELP|TYPE|UNIT) )?[a-z_]+/gm))].map((name) =>
        name.split(' ').at(-1)!,
      );
    }

    test('is before every name in text, OpenMetrics and JSON', async () => {
      const { client, register } = await filled();
      const text = await register.metrics();
      expect(text).toContain('# HELP app_g h\n# TYPE app_g gauge\napp_g{a="1"} 2\n');
      expect(names(text).length).toBeGreaterThan(10);
      expect(names(text).filter((name) => !name.startsWith('app_'))).toEqual([]);
      expect(String(await register.metricsBuffer())).toBe(text);
      const open = await register.metrics({ contentType: client.openMetricsContentType });
      expect(names(open.replace('# EOF\n', '')).filter((name) => !name.startsWith('app_'))).toEqual(
        [],
      );
      expect(open).toContain('# UNIT app_c_bytes bytes\napp_c_bytes_total 1\n');
      const json = await register.getMetricsAsJSON();
      const all = json.flatMap(({ name, values }) => [
        name,
        ...values.flatMap(({ metricName }) => metricName ?? []),
      ]);
      expect(all).toContain('app_h_bucket');
      expect(all).toContain('app_duck_sum');
      expect(all.filter((name) => !name.startsWith('app_'))).toEqual([]);
      expect(await client.Registry.aggregate([json, json]).metrics()).toContain(
        'app_c_bytes_total 2',
      );
    });

    test('texts of one registry with different prefixes differ in the prefix only', async () => {
      const { register } = await filled();
      const before = await register.metrics();
      register.setPrefix('');
      const plain = await register.metrics();
      expect(plain).toBe(before.replaceAll('app_', ''));
      register.setPrefix('other_');
      expect(await register.metrics()).toBe(before.replaceAll('app_', 'other_'));
    });

    test('the label with a state has the name of the metric, with the prefix', async () => {
      const { Registry, Enum } = await load();
      const register = new Registry({ prefix: 'app_' });
      const job = { name: 'job', help: 'h', states: ['a', 'b'], registers: [register] };
      new Enum(any({ ...job, namespace: 'x' })).state('b');
      const rows = 'app_x_job{app_x_job="a"} 0\napp_x_job{app_x_job="b"} 1\n';
      expect(await register.metrics()).toContain(rows);
      const [family] = await register.getMetricsAsJSON();
      expect(family!.values.map(({ labels }) => labels)).toEqual([
        { app_x_job: 'a' },
        { app_x_job: 'b' },
      ]);
      register.setContentType(any(Registry.OPENMETRICS_CONTENT_TYPE));
      expect(await register.metrics()).toContain(`# TYPE app_x_job stateset\n${rows}`);
    });

    test('metrics are found by their own names, and clear() keeps the prefix', async () => {
      const { client, register } = await filled();
      expect(register.getSingleMetric('g')).toBeDefined();
      expect(register.getSingleMetric('app_g')).toBe(undefined);
      expect((await register.getSingleMetric('g')!.get()).name).toBe('g');
      expect(await register.getSingleMetricAsString('g')).toBe(
        '# HELP app_g h\n# TYPE app_g gauge\napp_g{a="1"} 2',
      );
      expect(await register.getSingleMetricAsString('duck')).toContain('app_duck_sum 5');
      register.clear();
      new client.Gauge({ name: 'g', help: 'h', registers: [any(register)] }).set(1);
      expect(await register.metrics()).toBe('# HELP app_g h\n# TYPE app_g gauge\napp_g 1\n');
    });

    test('is printed in pushes and in files', async () => {
      const { client, register } = await filled();
      const text = await register.metrics();
      const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-names-'));
      const gateway = await LocalGateway.start();
      try {
        await register.writeToTextfile(join(folder, 'app.prom'));
        expect(readFileSync(join(folder, 'app.prom'), 'utf8')).toBe(text);
        await new client.Pushgateway(`http://${gateway.host}`, {}, any(register)).push({
          jobName: 'j',
        });
        expect(gateway.pushes[0]!.body).toBe(text);
      } finally {
        gateway.stop();
        rmSync(folder, { recursive: true });
      }
    });

    test('clusterMetrics() prints the prefix of its own registry, or that of the registries it reads', async () => {
      const client = await load();
      client.register.setPrefix('app_');
      new client.Counter({ name: 'c', help: 'h' }).inc();
      const cluster = new client.AggregatorRegistry();
      const shown = async () => (await cluster.clusterMetrics()).match(/^\w*c 1$/m)?.[0];
      expect(await shown()).toBe('app_c 1');
      cluster.setPrefix('all_');
      expect(await shown()).toBe('all_c 1');
      expect((await client.register.metrics()).includes('app_c 1')).toBe(true);
    });

    test.each(['1', 'a b', 5, null, 'a-', 'a:'])('%j is refused', async (prefix) => {
      const { Registry, register } = await load();
      const message =
        'TypeError: prefix must be the beginning of a name of a metric, without colons, and is';
      expect(thrown(() => new Registry(any({ prefix })))).toContain(message);
      expect(
        thrown(() => {
          register.setPrefix(any(prefix));
        }),
      ).toContain(message);
    });
  });

  test('a misspelt option is named in one warning, and is no error', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const { Counter, Registry } = await load();
    const config = { name: 'c', help: 'h', registers: [] };
    const wrong = { labelName: 1, maxSerie: 1, labelnames: 1, lableNames: 1, bukets: 1, hepl: 1 };
    for (let i = 0; i < 2; i++) new Counter(any({ ...config, ...wrong, own: 1, ttl: 2, mine: 3 }));
    new Counter(any({ ...config, labelNames: [], buckets: [], maxAgeSeconds: 1, unit: undefined }));
    new Registry(any({ prefx: 'a' }));
    const messages = warned.mock.calls.map(([message]) => String(message));
    expect(messages).toEqual([
      ...Object.keys(wrong).map(
        (key) => expect.stringContaining(`the metric c has an option ${key}, `) as string,
      ),
      expect.stringContaining('a registry has an option prefx, '),
    ]);
    const meant = [
      'labelNames',
      'maxSeries',
      'labelNames',
      'labelNames',
      'buckets',
      'help',
      'prefix',
    ];
    for (const [i, option] of meant.entries())
      expect(messages[i]).toContain(`${option} is likely meant`);
  });
});
