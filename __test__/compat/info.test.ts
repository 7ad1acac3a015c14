/** `Info`, a type that prom-client does not have: the labels of a metric are the information. */

import { inspect } from 'node:util';

import { describe, expect, test } from 'vitest';

import { any, subjects, thrown, type Client } from '../support/subject';

/** Returns the lines of a scrape, without comments. */
async function rows(client: Client): Promise<string[]> {
  const text = await client.register.metrics();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe.each(subjects)('$name', ({ load }) => {
  test.each(['build', 'build_info'])('%s is shown as build_info', async (name) => {
    const client = await load();
    const build = new client.Info({ name, help: 'h' });
    const head = ['# HELP build_info h', '# TYPE build_info gauge'];
    expect(await client.register.metrics()).toBe([...head, ''].join('\n'));
    build.info({ version: '1.2', commit: 'a"\\\n' });
    client.register.setDefaultLabels({ app: 'x', version: 'hidden' });
    expect(await client.register.metrics()).toBe(
      [...head, 'build_info{version="1.2",commit="a\\"\\\\\\n",app="x"} 1', ''].join('\n'),
    );
    client.register.setContentType(client.openMetricsContentType);
    const open = [
      '# HELP build h',
      '# TYPE build info',
      'build_info{version="1.2",commit="a\\"\\\\\\n",app="x"} 1',
    ];
    expect(await client.register.metrics()).toBe([...open, '# EOF', ''].join('\n'));
    expect(await client.register.getSingleMetricAsString('build_info')).toBe(open.join('\n'));
  });

  test('in JSON, an info is a gauge', async () => {
    const client = await load();
    const build = new client.Info({ name: 'build', help: 'h', labelNames: ['part'] });
    build.info({ part: any(1) }, { version: 2, debug: false, serial: 3n, left: undefined });
    const values = [{ labels: { part: 1, version: '2', debug: 'false', serial: '3' }, value: 1 }];
    expect(await client.register.getMetricsAsJSON()).toEqual([
      { name: 'build_info', help: 'h', type: 'gauge', aggregator: 'max', values },
    ]);
    expect((await build.get()).values).toEqual(values);
    expect(client.register.getSingleMetric('build_info')).toBe(build);
    expect(inspect(build)).toContain('serial="3"\': 1');
  });

  test('info() replaces the series that are shown, and addInfo() keeps them', async () => {
    const client = await load();
    const build = new client.Info({ name: 'build', help: 'h' });
    build.info({ version: '1' });
    build.info({ version: '2' });
    expect(await rows(client)).toEqual(['build_info{version="2"} 1']);
    build.info({ version: '2' });
    expect(await rows(client)).toEqual(['build_info{version="2"} 1']);
    build.addInfo({ version: '3', extra: 'x' });
    build.addInfo({ extra: 'x', version: '3' });
    expect(await rows(client)).toEqual([
      'build_info{version="2"} 1',
      'build_info{version="3",extra="x"} 1',
    ]);
    build.info({});
    expect(await rows(client)).toEqual(['build_info 1']);
    build.info({ version: '1' });
    expect(await rows(client)).toEqual(['build_info{version="1"} 1']);
    build.reset();
    expect(await rows(client)).toEqual([]);
    build.info({ version: '1' });
    build.resetEverywhere();
    expect(await rows(client)).toEqual([]);
    build.info({ version: '1' });
    expect(await rows(client)).toEqual(['build_info{version="1"} 1']);
  });

  test('info() and remove() leave series with other values of labelNames unchanged', async () => {
    const client = await load();
    const build = new client.Info({ name: 'b', help: 'h', labelNames: ['part', 'n'] });
    const { info, addInfo } = build.labels('a', 1);
    info({ version: '1' });
    addInfo({ version: '2' });
    build.labels({ part: 'b' }).info({ version: '1' });
    build.info({ version: '0' });
    info({ version: '3' });
    expect((await rows(client)).sort()).toEqual([
      'b_info{part="a",n="1",version="3"} 1',
      'b_info{part="b",version="1"} 1',
      'b_info{version="0"} 1',
    ]);
    build.remove('a', 1);
    build.remove({ part: 'b' });
    expect(await rows(client)).toEqual(['b_info{version="0"} 1']);
    build.remove({});
    expect(await rows(client)).toEqual([]);
  });

  test('invalid arguments throw an error that says why, and change nothing', async () => {
    const client = await load();
    const build = new client.Info({ name: 'b', help: 'h', labelNames: ['part'] });
    build.info({ version: '1' });
    expect([
      thrown(() => {
        build.info({ part: 'x' });
      }),
      thrown(() => {
        build.info({ part: 'x' }, { part: 'y' });
      }),
      thrown(() => {
        build.info({ b_info: 'x' });
      }),
      thrown(() => {
        build.info({ 'a-b': 'x' });
      }),
      thrown(() => {
        build.info({ a: any(null) });
      }),
      thrown(() => {
        build.info({ a: any({}) });
      }),
      thrown(() => {
        build.info(any('text'));
      }),
      thrown(() => {
        build.info(any(null));
      }),
      thrown(() => {
        build.addInfo(any(['a']));
      }),
      thrown(() => {
        build.info({ other: 'x' } as never, { version: '1' });
      }),
      thrown(() => {
        (build as unknown as { removeEverywhere(): void }).removeEverywhere();
      }),
    ]).toEqual([
      "Error: The information of b_info must not have 'part': that is its own name, or one of labelNames",
      "Error: The information of b_info must not have 'part': that is its own name, or one of labelNames",
      "Error: The information of b_info must not have 'b_info': that is its own name, or one of labelNames",
      "Error: Invalid name 'a-b' in the information of b_info",
      'TypeError: a of b_info must be a text, a number or a boolean, and is null',
      'TypeError: a of b_info must be a text, a number or a boolean, and is {}',
      "TypeError: the information must be an object with names and values, and is 'text'",
      'TypeError: the information must be an object with names and values, and is null',
      "TypeError: the information must be an object with names and values, and is [ 'a' ]",
      'Error: Added label "other" is not included in initial labelset: [ \'part\' ]',
      'Error: removeEverywhere() is not possible for an Info; resetEverywhere() removes what all processes show',
    ]);
    expect(await rows(client)).toEqual(['b_info{version="1"} 1']);
  });

  test('a configuration that is not possible is refused, and registers nothing', async () => {
    const { Info, register } = await load();
    const made = (more: object) => thrown(() => new Info(any({ name: 'b', help: 'h', ...more })));
    expect([
      made({ unit: 'x' }),
      made({ aggregator: 'max' }),
      made({ ttlSeconds: 5 }),
      made({ labelValues: {} }),
      made({ maxSeries: 5 }),
      made({ labelNames: ['b_info'] }),
      made({ name: '' }),
      made({ name: 'a b' }),
      thrown(() => new Info(any(undefined))),
    ]).toEqual([
      "TypeError: unit is not possible for an Info, and is 'x'",
      "TypeError: aggregator is not possible for an Info, and is 'max'",
      'TypeError: ttlSeconds is not possible for an Info, and is 5',
      'TypeError: labelValues is not possible for an Info, and is {}',
      'TypeError: maxSeries is not possible for an Info, and is 5',
      "Error: labelNames must not have 'b_info', which is the name of an Info itself",
      'Error: Missing mandatory name parameter',
      'Error: Invalid metric name',
      'TypeError: constructor expected a config object',
    ]);
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test('in OpenMetrics, an info is shown as a gauge if another metric has its name without _info', async () => {
    const client = await load();
    const { register } = client;
    register.setContentType(client.openMetricsContentType);
    new client.Info({ name: 'a', help: 'h' }).info({ v: '1' });
    new client.Gauge({ name: 'a', help: 'h' }).set(2);
    const text = await register.metrics();
    expect(text).toContain('# TYPE a gauge\na 2\n');
    expect(text).toContain('# TYPE a_info gauge\na_info{v="1"} 1\n');
    expect(thrown(() => new client.Gauge({ name: 'a_info', help: 'h' }))).toBe(
      'Error: A metric with the name a_info has already been registered.',
    );
  });

  test('if the new labels are refused, the earlier series stays', async () => {
    const client = await load();
    client.configure({ maxLabelValueBytes: 10 });
    const build = new client.Info({ name: 'b', help: 'h' });
    build.info({ version: '1' });
    build.info({ version: 'x'.repeat(11) });
    expect(await rows(client)).toEqual(['b_info{version="1"} 1']);
  });
});
