/**
 * Which type a metric is shown with when several registries are read as one. And: a process that scrapes answers the
 * rings of other processes only after its own collectors have run.
 */

import { afterEach, describe, expect, test, vi } from 'vitest';

import { AggregatorRegistry, Registry } from '../../ts';
import { heap } from '../../ts/storage';
import { any, subjects, type Client } from '../support/subject';

const STATES = ['off', 'on'] as const;

function types(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('# TYPE'));
}

/** Makes two enums, a state set and an info, whose types only OpenMetrics has. */
function made(client: Client, prefix: string, more: object) {
  const common = { help: 'h', states: STATES, ...more };
  const state = new client.Enum({ ...common, name: `${prefix}state` });
  state.state('on');
  const count = new client.Enum({ ...common, name: `${prefix}count`, aggregator: 'count' });
  const flags = new client.StateSet({ ...common, name: `${prefix}flags` });
  const build = new client.Info({ help: 'h', name: `${prefix}build`, ...more });
  build.info({ version: '1' });
  return [state, count, flags, build];
}

describe.each(subjects)('$name', ({ load }) => {
  test('states and information have their types in OpenMetrics', async () => {
    const client = await load();
    const [one, two] = [new client.Registry(), new client.Registry({ shared: false })];
    for (const register of [one, two]) register.setContentType(any(client.openMetricsContentType));
    made(client, 'a_', { registers: [one] });
    made(client, 'b_', { registers: [two] });
    two.registerCollector({ collect: () => made(client, 'c_', { registers: [] }) });
    client.AggregatorRegistry.setRegistries(any([one, two]));
    const union = new client.AggregatorRegistry(any(client.openMetricsContentType));
    const text = await union.clusterMetrics();
    const shown = ['state stateset', 'count gauge', 'flags stateset', 'build info'];
    const expected = ['a', 'b', 'c'].flatMap((prefix) =>
      shown.map((row) => `# TYPE ${prefix}_${row}`),
    );
    expect(types(text).sort()).toEqual(expected.sort());
    expect(text).toContain('c_state{c_state="on"} 1\n');
    expect(text).toContain('c_build_info{version="1"} 1\n');
  });

  test.each([true, false])(
    'of two types under one name the newest is shown, shared: %s',
    async (shared) => {
      const client = await load();
      const makers = {
        stateset: (register: object) => {
          new client.Enum({
            name: 'x',
            help: 'h',
            states: STATES,
            registers: [any(register)],
          }).state('on');
          return ['x{x="off"} 0', 'x{x="on"} 1'];
        },
        gauge: (register: object) => {
          new client.Gauge({ name: 'x', help: 'h', registers: [any(register)] }).set(3);
          return ['x 3'];
        },
        histogram: (register: object) => {
          new client.Histogram({
            name: 'x',
            help: 'h',
            buckets: [1],
            registers: [any(register)],
          }).observe(1);
          return ['x_bucket{le="1"} 1', 'x_bucket{le="+Inf"} 1', 'x_sum 1', 'x_count 1'];
        },
      };
      for (const [older] of Object.entries(makers)) {
        for (const [newer, make] of Object.entries(makers)) {
          if (older === newer) continue;
          const [one, two] = [new client.Registry(), new client.Registry({ shared })];
          for (const register of [one, two])
            register.setContentType(any(client.openMetricsContentType));
          makers[older as keyof typeof makers](one);
          const rows = make(two);
          client.AggregatorRegistry.setRegistries(any([one, two]));
          const union = new client.AggregatorRegistry(any(client.openMetricsContentType));
          const lines = (await union.clusterMetrics())
            .split('\n')
            .filter((line) => /^x|^# TYPE x /.test(line));
          expect(lines).toEqual([`# TYPE x ${newer}`, ...rows]);
          for (const register of [one, two]) register.clear();
        }
      }
    },
  );
});

describe('answers to other processes', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test.each([
    ['of a registry', (register: Registry) => register.metrics()],
    ['of a registry as JSON', (register: Registry) => register.getMetricsAsJSON()],
    [
      'of several registries',
      (register: Registry) => {
        AggregatorRegistry.setRegistries(register);
        return new AggregatorRegistry().clusterMetrics();
      },
    ],
  ])('are given after the collectors %s have run', async (_, read) => {
    const order: string[] = [];
    vi.spyOn(heap, 'open').mockReturnValue(true);
    vi.spyOn(heap, 'flush').mockReturnValue(undefined);
    vi.spyOn(heap.scrapes, 'text').mockImplementation((format) =>
      Promise.resolve(format === 'json' ? '{"families":[],"defaults":[]}' : ''),
    );
    vi.spyOn(heap.scrapes, 'ask').mockReturnValue({
      answers: () => {
        order.push('answers');
        return undefined;
      },
      over: () => {
        order.push('over');
      },
    });
    const register = new Registry();
    register.registerCollector(
      {
        async collect() {
          await new Promise((resolve) => setTimeout(resolve, 5));
          order.push('collected');
          return [];
        },
      },
      { everywhere: true },
    );
    await read(register);
    register.clear();
    expect(order).toEqual(['collected', 'answers', 'over']);
  });
});
