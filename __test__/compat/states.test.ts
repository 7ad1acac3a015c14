/** Metrics with states, which prom-client does not have: `Enum` and `StateSet`. */

import { inspect } from 'node:util';

import { describe, expect, test, vi } from 'vitest';

import { newSegment } from '../support/segments';
import { any, subjects, thrown, type Client } from '../support/subject';

const STATES = ['starting', 'running', 'stopped'] as const;

function jobState(client: Client, more: object = {}) {
  return new client.Enum({
    name: 'job_state',
    help: 'h',
    states: STATES,
    labelNames: ['job'],
    ...more,
  });
}

/** Returns the lines of a scrape, without comments. */
async function rows(client: Client): Promise<string[]> {
  const text = await client.register.metrics();
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** Returns the lines of a scrape whose value is 1. */
async function set(client: Client): Promise<string[]> {
  return (await rows(client)).filter((row) => row.endsWith(' 1'));
}

describe.each(subjects)('$name', ({ load }) => {
  test.each(['mostrecent', 'count'] as const)(
    'an enum with the aggregator %s shows a row for each state',
    async (aggregator) => {
      const client = await load();
      const state = jobState(client, { aggregator });
      client.register.setDefaultLabels({ app: 'x', job: 'none', job_state: 'hidden' });
      state.state({ job: 'a' }, 'running');
      const child = state.labels('b');
      child.state('stopped');
      child.state('starting');
      expect(state.labels('b')).toBe(child);
      expect(await client.register.metrics()).toBe(
        [
          '# HELP job_state h',
          '# TYPE job_state gauge',
          'job_state{job="a",job_state="starting",app="x"} 0',
          'job_state{job="a",job_state="running",app="x"} 1',
          'job_state{job="a",job_state="stopped",app="x"} 0',
          'job_state{job="b",job_state="starting",app="x"} 1',
          'job_state{job="b",job_state="running",app="x"} 0',
          'job_state{job="b",job_state="stopped",app="x"} 0',
          '',
        ].join('\n'),
      );
    },
  );

  test('in OpenMetrics, enums and state sets have the type stateset; an enum with the aggregator count is a gauge', async () => {
    const client = await load();
    const states = ['a"', 'b\\'];
    client.register.setContentType(client.openMetricsContentType);
    new client.Enum({ name: 'e', help: 'h', states }).state('b\\');
    new client.Enum({ name: 'n', help: 'h', states, aggregator: 'count' });
    new client.StateSet({ name: 's', help: 'h', states }).set('a"', true);
    expect(await client.register.metrics()).toBe(
      [
        '# HELP e h',
        '# TYPE e stateset',
        'e{e="a\\""} 0',
        'e{e="b\\\\"} 1',
        '# HELP n h',
        '# TYPE n gauge',
        'n{n="a\\""} 1',
        'n{n="b\\\\"} 0',
        '# HELP s h',
        '# TYPE s stateset',
        's{s="a\\""} 1',
        's{s="b\\\\"} 0',
        '# EOF',
        '',
      ].join('\n'),
    );
    expect(await client.register.getSingleMetricAsString('e')).toContain('# TYPE e stateset\n');
  });

  test('in JSON, enums and state sets are gauges, with their aggregator', async () => {
    const client = await load();
    const state = jobState(client);
    state.state({ job: any(7) }, 'running');
    const flags = new client.StateSet({ name: 'flags', help: 'h', states: ['x'] });
    flags.set('x', true);
    const values = [
      { labels: { job: 7, job_state: 'starting' }, value: 0 },
      { labels: { job: 7, job_state: 'running' }, value: 1 },
      { labels: { job: 7, job_state: 'stopped' }, value: 0 },
    ];
    expect(await client.register.getMetricsAsJSON()).toEqual([
      { name: 'job_state', help: 'h', type: 'gauge', aggregator: 'mostrecent', values },
      {
        name: 'flags',
        help: 'h',
        type: 'gauge',
        aggregator: 'any',
        values: [{ labels: { flags: 'x' }, value: 1 }],
      },
    ]);
    expect((await state.get()).values).toEqual(values);
    expect((await state.get({ scope: 'thread' })).values).toEqual(values);
    expect(client.register.getMetricsAsArray().map(({ type }) => type)).toEqual(['gauge', 'gauge']);
  });

  test('an enum without labels is in its first state after its declaration and after reset()', async () => {
    const client = await load();
    const state = new client.Enum({ name: 'e', help: 'h', states: STATES });
    expect(await set(client)).toEqual(['e{e="starting"} 1']);
    state.state('stopped');
    expect(await set(client)).toEqual(['e{e="stopped"} 1']);
    state.reset();
    expect(await set(client)).toEqual(['e{e="starting"} 1']);
    state.state('running');
    state.resetEverywhere();
    expect(await set(client)).toEqual(['e{e="starting"} 1']);
    state.state('starting');
    state.state('running');
    expect(await set(client)).toEqual(['e{e="running"} 1']);
  });

  test('series are removed, reset, and made again by their children', async () => {
    const client = await load();
    const state = jobState(client, { labelValues: { job: ['first'] } });
    const flags = new client.StateSet({
      name: 'f',
      help: 'h',
      states: ['x', 'y'],
      labelNames: ['a'],
    });
    expect(await set(client)).toEqual(['job_state{job="first",job_state="starting"} 1']);
    const [child, flag] = [state.labels({ job: 'a' }), flags.labels('z')];
    const { state: go } = child;
    go('running');
    flag.set('y', true);
    const both = ['job_state{job="a",job_state="running"} 1', 'f{a="z",f="y"} 1'];
    expect(await set(client)).toEqual(expect.arrayContaining(both));
    state.remove('a');
    flags.remove({ a: 'z' });
    expect(await set(client)).toEqual(['job_state{job="first",job_state="starting"} 1']);
    go('running');
    flag.set('x', true);
    expect(await set(client)).toEqual(expect.arrayContaining([both[0], 'f{a="z",f="x"} 1']));
    expect(await set(client)).not.toContain(both[1]);
    state.removeEverywhere('a');
    flags.reset();
    expect(await set(client)).toEqual(['job_state{job="first",job_state="starting"} 1']);
  });

  test('a state set has any number of states, up to 53, each set and cleared by itself', async () => {
    const client = await load();
    const states = Array.from({ length: 53 }, (_, i) => `s${i}`);
    const flags = new client.StateSet({ name: 'f', help: 'h', states });
    const labelled = new client.StateSet({ name: 'g', help: 'h', states, labelNames: ['a'] });
    const child = labelled.labels('x');
    const shown = async (metric: typeof flags | typeof labelled) =>
      (await metric.get()).values.flatMap(({ value }, i) => (value === 1 ? [i] : []));
    expect(await shown(flags)).toEqual([]);
    const numbers = [0, 30, 31, 32, 51, 52];
    for (const i of numbers) {
      flags.set(`s${i}`, true);
      flags.set(`s${i}`, true);
      labelled.set({ a: 'x' }, `s${i}`, true);
    }
    expect([await shown(flags), await shown(labelled)]).toEqual([numbers, numbers]);
    for (const state of states) flags.set(state, true);
    expect(await shown(flags)).toEqual(states.map((_, i) => i));
    for (const i of numbers) {
      flags.set(`s${i}`, false);
      flags.set(`s${i}`, false);
      child.set(`s${i}`, false);
    }
    expect(await shown(labelled)).toEqual([]);
    expect(await shown(flags)).toEqual(states.flatMap((_, i) => (numbers.includes(i) ? [] : [i])));
    const enumerated = new client.Enum({ name: 'e', help: 'h', states });
    enumerated.state('s52');
    expect((await enumerated.get()).values.filter(({ value }) => value === 1)).toEqual([
      { labels: { e: 's52' }, value: 1 },
    ]);
  });

  test("aggregator: 'all' adds the label pid to the series of each process", async () => {
    const client = await load();
    const states = ['x', 'y'];
    new client.Enum({ name: 'e', help: 'h', states, aggregator: 'all' }).state('y');
    new client.StateSet({ name: 's', help: 'h', states, aggregator: 'all' }).set('x', true);
    const pid = String(process.pid);
    expect(await rows(client)).toEqual([
      `e{pid="${pid}",e="x"} 0`,
      `e{pid="${pid}",e="y"} 1`,
      `s{pid="${pid}",s="x"} 1`,
      `s{pid="${pid}",s="y"} 0`,
    ]);
  });

  test('collect sets states just before they are read', async () => {
    const client = await load();
    new client.Enum({
      name: 'e',
      help: 'h',
      states: STATES,
      collect() {
        this.state('running');
      },
    });
    expect(await set(client)).toEqual(['e{e="running"} 1']);
  });

  test('invalid arguments throw an error that says why, and change nothing', async () => {
    const client = await load();
    const state = jobState(client);
    state.state({ job: 'a' }, 'running');
    const flags = new client.StateSet({ name: 'f', help: 'h', states: ['x'] });
    const unknown = "of job_state: it must be one of 'starting', 'running', 'stopped'";
    expect([
      thrown(() => {
        state.state({ job: 'a' }, any('gone'));
      }),
      thrown(() => {
        state.labels('a').state(any(undefined));
      }),
      thrown(() => {
        state.state(any(null));
      }),
      thrown(() => {
        state.state({ jobs: 'a' } as never, 'running');
      }),
      thrown(() => state.labels('a', 'b')),
      thrown(() => {
        flags.set(any('y'), true);
      }),
      thrown(() => {
        flags.set('x', any(1));
      }),
      thrown(() => {
        flags.set('x', any(undefined));
      }),
      thrown(() => {
        flags.labels({}).set('x', any('yes'));
      }),
    ]).toEqual([
      `Error: Unknown state 'gone' ${unknown}`,
      `Error: Unknown state undefined ${unknown}`,
      `Error: Unknown state null ${unknown}`,
      'Error: Added label "jobs" is not included in initial labelset: [ \'job\' ]',
      'Error: Invalid number of arguments (2): "a, b" for label names (1): "job".',
      "Error: Unknown state 'y' of f: it must be one of 'x'",
      'TypeError: enabled must be true or false, and is 1',
      'TypeError: enabled must be true or false, and is undefined',
      "TypeError: enabled must be true or false, and is 'yes'",
    ]);
    expect(await set(client)).toEqual(['job_state{job="a",job_state="running"} 1']);
  });

  test('a configuration that is not possible is refused, and registers nothing', async () => {
    const { Enum, StateSet, register } = await load();
    const made = (more: object) =>
      thrown(() => new Enum(any({ name: 'e', help: 'h', states: STATES, ...more })));
    const rule = 'states must be an array of 1 to 53 different texts that are not empty, and is';
    expect([
      made({ states: undefined }),
      made({ states: [] }),
      made({ states: Array.from({ length: 54 }, (_, i) => `s${i}`) }),
      made({ states: ['a', 'a'] }),
      made({ states: ['a', ''] }),
      made({ states: [1] }),
      made({ aggregator: 'sum' }),
      made({ aggregator: 'any' }),
      thrown(
        () => new StateSet(any({ name: 's', help: 'h', states: STATES, aggregator: 'count' })),
      ),
      made({ labelNames: ['a', 'e'] }),
      made({ labelNames: ['pid'], aggregator: 'all' }),
      made({ name: 'a:b' }),
      made({ unit: 'seconds' }),
      made({ dead: 'drop' }),
      made({ dead: 'keep', keepDead: 2 }),
      made({ dead: 'keep', ttlSeconds: 5 }),
      made({ name: '1' }),
      made({ help: '' }),
      thrown(() => new Enum(any(null))),
    ]).toEqual([
      `TypeError: ${rule} undefined`,
      `TypeError: ${rule} []`,
      `TypeError: ${rule} [ 's0', 's1', 's2', 's3', 's4', ... 49 more items ]`,
      `TypeError: ${rule} [ 'a', 'a' ]`,
      `TypeError: ${rule} [ 'a', '' ]`,
      `TypeError: ${rule} [ 1 ]`,
      "TypeError: aggregator of an Enum must be one of mostrecent, all, count, and is 'sum'",
      "TypeError: aggregator of an Enum must be one of mostrecent, all, count, and is 'any'",
      "TypeError: aggregator of a StateSet must be one of any, every, all, and is 'count'",
      "Error: labelNames must not have 'e', which is the name of an Enum itself",
      'Error: aggregator \'all\' gives a label "pid", so labelNames must not have it',
      "Error: name of an Enum must have no colon, because its rows have a label of that name, and is 'a:b'",
      "TypeError: unit is not possible for an Enum, and is 'seconds'",
      "TypeError: dead must be 'keep' or left out, and is 'drop'",
      "TypeError: keepDead needs dead: 'keep' and the aggregator 'all'",
      "TypeError: ttlSeconds is not possible with dead: 'keep'",
      'Error: Invalid metric name',
      'Error: Missing mandatory help parameter',
      'TypeError: constructor expected a config object',
    ]);
    expect(made({ states: ['\ud800'] })).toContain(rule);
    expect(register.getMetricsAsArray()).toEqual([]);
  });

  test('the states are copied, and are shown by console.log', async () => {
    const client = await load();
    const states = ['a', 'b'];
    const flags = new client.StateSet({ name: 'f', help: 'h', states });
    states.push('c');
    flags.set('b', true);
    expect(flags.states).toEqual(['a', 'b']);
    expect(inspect(flags)).toContain("values: { '': [ 'b' ] }");
    expect(inspect(flags)).toMatch(/^StateSet \{/);
  });

  test("with ifExists: 'reuse' a metric of other states or another type is refused", async () => {
    const client = await load();
    const config = { name: 'f', help: 'h', states: ['a', 'b'] };
    const flags = new client.StateSet(config);
    flags.set('a', true);
    const again = new client.StateSet({ ...config, ifExists: 'reuse' });
    again.set('b', true);
    expect(await set(client)).toEqual(['f{f="a"} 1', 'f{f="b"} 1']);
    const reuse = { ...config, ifExists: 'reuse' } as const;
    expect([
      thrown(() => new client.StateSet({ ...reuse, states: ['a'] })),
      thrown(() => new client.Gauge(any({ ...reuse, aggregator: 'sum' }))),
    ]).toEqual([
      "Error: A metric with the name f has already been registered, with states [ 'a', 'b' ] and not [ 'a' ].",
      "Error: A metric with the name f has already been registered, with type 'stateset' and not 'gauge'.",
    ]);
  });

  test('ttlSeconds removes series that were not updated', async () => {
    const client = await load();
    const state = jobState(client, { ttlSeconds: 0.2 });
    state.labels('a').state('running');
    expect(await set(client)).toHaveLength(1);
    await vi.waitFor(
      async () => {
        expect(await set(client)).toEqual([]);
      },
      { timeout: 30_000 },
    );
    state.labels('a').state('stopped');
    expect(await set(client)).toEqual(['job_state{job="a",job_state="stopped"} 1']);
  });

  test('JSON of several processes is joined state by state', async () => {
    const client = await load();
    const of = (aggregator: string, ...values: number[]) =>
      any({
        name: 'f',
        help: 'h',
        type: 'gauge',
        aggregator,
        values: values.map((value, i) => ({ value, labels: { f: String(i) } })),
      });
    const joined = async (aggregator: string) => {
      const all = await client.AggregatorRegistry.aggregate([
        [of(aggregator, 1, 0, 1)],
        [of(aggregator, 1, 0, 0)],
      ]).getMetricsAsJSON();
      return all[0]!.values.map(({ value }) => value);
    };
    expect(await joined('any')).toEqual([1, 0, 1]);
    expect(await joined('every')).toEqual([1, 0, 0]);
    expect(await joined('count')).toEqual([2, 0, 1]);
    expect(await joined('mostrecent')).toEqual([1, 0, 0]);
  });
});

test('a metric that moves from memory storage into the heap, or back, keeps its states', async () => {
  const client = await subjects.at(-1)!.load();
  client.configure({ segment: newSegment() });
  const flags = new client.StateSet({ name: 'f', help: 'h', states: ['a', 'b'], registers: [] });
  flags.set('b', true);
  client.register.registerMetric(flags);
  flags.set('a', true);
  expect(await set(client)).toEqual(['f{f="a"} 1', 'f{f="b"} 1']);
  client.register.removeSingleMetric('f');
  flags.set('b', false);
  expect((await flags.get()).values.map(({ value }) => value)).toEqual([1, 0]);
});
