/** Labels of enums and state sets: labels of children, default values, and names that labels must not have. */

import { describe, expect, test } from 'vitest';

import { any, subjects, thrown, type Client } from '../support/subject';

const STATES = ['off', 'on'] as const;

/** Returns the lines of a text whose value is 1. */
function set(text: string): string[] {
  return text.split('\n').filter((row) => row.endsWith(' 1'));
}

function jobs(client: Client, more: object = {}) {
  const common = { help: 'h', states: STATES, labelNames: ['job', 'host'] as const, ...more };
  return {
    state: new client.Enum({ ...common, name: 'e' }),
    flags: new client.StateSet({ ...common, name: 's' }),
  };
}

describe.each(subjects)('$name', ({ load }) => {
  test('labels() takes values for the labels without a default value', async () => {
    const client = await load();
    const { state, flags } = jobs(client, { defaultLabels: { host: 'x' } });
    state.labels('mail').state('on');
    flags.labels('mail').set('on', true);
    state.labels('mail', 'y').state('on');
    flags.labels({ job: 'mail', host: 'y' }).set('on', true);
    expect(set(await client.register.metrics())).toEqual([
      'e{job="mail",host="x",e="on"} 1',
      'e{job="mail",host="y",e="on"} 1',
      's{job="mail",host="x",s="on"} 1',
      's{job="mail",host="y",s="on"} 1',
    ]);
    // These two children update the same series, but they differ: the child of `labels('mail')` can still choose
    // another `host`, and the child of `labels('mail', 'x')` cannot.
    expect(state.labels('mail', 'x')).not.toBe(state.labels('mail'));
    state.labels('mail').labels('z').state('on');
    expect(set(await client.register.metrics())).toContain('e{job="mail",host="z",e="on"} 1');
    expect(thrown(() => state.labels('mail', 'x').labels('z'))).toContain('(1)');
    expect(thrown(() => state.labels('a', 'b', 'c'))).toContain('Invalid number of arguments (3)');
  });

  test('children choose further labels, and remove their series', async () => {
    const client = await load();
    const { state, flags } = jobs(client);
    const mail = { state: state.labels({ job: 'mail' }), flags: flags.labels({ job: 'mail' }) };
    mail.state.labels('x').state('on');
    mail.flags.labels({ host: 'x' }).set('on', true);
    mail.state.labels({ job: 'web', host: 'y' }).state('on');
    expect(mail.state.labels('x')).toBe(state.labels('mail', 'x'));
    expect(set(await client.register.metrics())).toEqual([
      'e{job="mail",host="x",e="on"} 1',
      'e{job="web",host="y",e="on"} 1',
      's{job="mail",host="x",s="on"} 1',
    ]);
    mail.state.labels('x').remove();
    mail.flags.labels('x').remove();
    expect(set(await client.register.metrics())).toEqual(['e{job="web",host="y",e="on"} 1']);
    expect(thrown(() => mail.state.labels('x', 'y'))).toContain('Invalid number of arguments (2)');
    const { state: detached } = state.labels('mail', 'z');
    detached('on');
    expect(set(await client.register.metrics())).toContain('e{job="mail",host="z",e="on"} 1');
  });

  test("an enum must not have the name of a label that aggregator: 'all' adds", async () => {
    const client = await load();
    const made = (more: object) => thrown(() => new client.Enum(any({ help: 'h', ...more })));
    const all = { states: STATES, aggregator: 'all' };
    expect([made({ ...all, name: 'pid' }), made({ ...all, name: 'thread' })]).toEqual([
      'Error: aggregator \'all\' gives a label "pid", so an Enum must not be named so',
      'Error: aggregator \'all\' gives a label "thread", so an Enum must not be named so',
    ]);
    new client.Enum({ name: 'pid', help: 'h', states: STATES });
    expect(await client.register.metrics()).toContain('pid{pid="off"} 1');
  });

  test('a series that has a label with the prefixed name of the metric is left out', async () => {
    const client = await load();
    const common = { help: 'h', states: STATES, labelNames: ['app_job', 'k'] as const };
    const state = new client.Enum({ ...common, name: 'job' });
    state.state({ app_job: 'hidden', k: '1' }, 'on');
    state.state({ k: '2' }, 'on');
    expect(set(await client.register.metrics())).toHaveLength(2);
    client.register.setPrefix('app_');
    expect(set(await client.register.metrics())).toEqual(['app_job{k="2",app_job="on"} 1']);
    const [json] = await client.register.getMetricsAsJSON();
    expect(json!.values.map(({ labels }) => labels)).toEqual([
      { k: '2', app_job: 'off' },
      { k: '2', app_job: 'on' },
    ]);
  });

  test('the label with a state has the prefix in every kind of scrape', async () => {
    const client = await load();
    const rows = [{ labels: { app_e: 'off' } }, { labels: { app_e: 'on' } }];
    const { register } = client;
    register.setPrefix('app_');
    new client.Enum({ name: 'e', help: 'h', states: STATES }).state('on');
    // A registry with an overridden method is read metric by metric.
    const all = register.getMetricsAsArray.bind(register);
    register.getMetricsAsArray = any((aggregator: string | undefined) => all(aggregator));
    const [json] = await register.getMetricsAsJSON();
    expect(json).toMatchObject({ name: 'app_e', values: rows });
    const yielding = new client.Registry({ prefix: 'app_' });
    yielding.registerCollector({
      collect() {
        const e = new client.Enum({ name: 'e', help: 'h', states: STATES, registers: [] });
        e.state('on');
        return [e];
      },
    });
    const union = new client.AggregatorRegistry();
    client.AggregatorRegistry.setRegistries(any([yielding]));
    expect(set(await union.clusterMetrics())).toEqual(['app_e{app_e="on"} 1']);
  });
});
