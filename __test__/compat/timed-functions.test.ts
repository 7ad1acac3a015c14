/** Functions that metrics time: what they return and throw, and what is observed. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { ENDINGS, outcome, pass, replaceClock, SECONDS } from '../support/call-endings';
import { any, subjects, type Client } from '../support/subject';

type AnyFunction = (...args: unknown[]) => unknown;

/** A metric or child that times functions. */
interface Times {
  time: AnyFunction;
  timed: AnyFunction;
}

beforeEach(replaceClock);

afterEach(() => {
  vi.restoreAllMocks();
});

const TIMERS = {
  histogram: (client: Client) =>
    new client.Histogram({ name: 'm', help: 'h', labelNames: ['a', 'status'], buckets: [1, 10] }),
  summary: (client: Client) =>
    new client.Summary({ name: 'm', help: 'h', labelNames: ['a', 'status'] }),
  gauge: (client: Client) =>
    new client.Gauge({ name: 'm', help: 'h', labelNames: ['a', 'status'] }),
};

type TimerType = keyof typeof TIMERS;

/** How often the series with these labels was observed, and the seconds; a gauge tells the seconds only. */
async function observed(client: Client, type: TimerType, labels: string): Promise<number[]> {
  const lines = (await client.register.metrics()).split('\n');
  const value = (name: string) =>
    Number(lines.find((line) => line.startsWith(`${name}{${labels}} `))?.split(' ')[1]);
  if (type === 'gauge') return [value('m')];
  return [value('m_count'), value('m_sum')];
}

const once = (type: TimerType) => (type === 'gauge' ? [SECONDS] : [1, SECONDS]);

describe.each(subjects)('$name', ({ load }) => {
  describe.each(Object.keys(TIMERS) as TimerType[])('%s', (type) => {
    describe.each(Object.entries(ENDINGS))('a function that %s', (_, { fn, fails }) => {
      const value = new Error('of the function');
      const expected = fails ? { thrown: value } : value;

      test('is timed once by time(), and its result or error is passed on', async () => {
        const client = await load();
        const metric = TIMERS[type](client);
        expect(await outcome(() => metric.time({ a: 'x' }, () => fn(value)))).toEqual(expected);
        expect(await observed(client, type, 'a="x"')).toEqual(once(type));
        expect(await outcome(() => metric.labels('y', 's').time(() => fn(value)))).toEqual(
          expected,
        );
        expect(await observed(client, type, 'a="y",status="s"')).toEqual(once(type));
      });

      test('is wrapped by timed(), which keeps this, arguments, name and length', async () => {
        const client = await load();
        const metric = TIMERS[type](client);
        const seen: unknown[] = [];
        function original(this: unknown, one: unknown, two: unknown) {
          seen.push(this, one, two);
          return fn(value);
        }
        for (const wrapped of [
          metric.timed({ a: 'x' }, original),
          metric.labels('y', 's').timed(original),
        ]) {
          expect([wrapped.name, wrapped.length]).toEqual(['original', 2]);
          const self = {};
          expect(await outcome(() => wrapped.call(self, 1, 2))).toEqual(expected);
          expect(seen.splice(0)).toEqual([self, 1, 2]);
          expect(seen).toEqual([]);
        }
        expect(await observed(client, type, 'a="x"')).toEqual(once(type));
        expect(await observed(client, type, 'a="y",status="s"')).toEqual(once(type));
      });

      test('is observed with labels that the option `labels` makes of its error or result', async () => {
        const client = await load();
        const metric = TIMERS[type](client);
        const labels = (error: unknown, result: unknown) => {
          expect([error, result]).toEqual(fails ? [value, undefined] : [undefined, value]);
          return { status: error === undefined ? 'ok' : 'error' };
        };
        await outcome(() => metric.time({ a: 'x' }, () => fn(value), { labels }));
        await outcome(metric.timed({ a: 'y' }, () => fn(value), { labels }));
        const status = fails ? 'error' : 'ok';
        expect(await observed(client, type, `a="x",status="${status}"`)).toEqual(once(type));
        expect(await observed(client, type, `a="y",status="${status}"`)).toEqual(once(type));
      });
    });

    test('timed() decorates methods, as a standard decorator and as an experimental one', async () => {
      const client = await load();
      const metric = TIMERS[type](client);
      for (const [a, decorate] of [
        ['x', metric.timed({ a: 'x' })],
        ['y', metric.labels('y', '').timed()],
      ] as const) {
        const method = vi.fn(function (this: { value: number }) {
          pass();
          return this.value;
        });
        const standard = decorate(method as () => number, { kind: 'method', name: 'm' });
        expect(standard.call({ value: 5 })).toBe(5);
        const descriptor = { value: method as () => number, configurable: true };
        decorate({}, 'm', descriptor);
        expect(descriptor.value.call({ value: 6 })).toBe(6);
        const status = a === 'x' ? '' : ',status=""';
        const found = await observed(client, type, `a="${a}"${status}`);
        expect(found).toEqual(type === 'gauge' ? [SECONDS] : [2, 2 * SECONDS]);
      }
    });

    test('decorators refuse what is no method', async () => {
      const metric = TIMERS[type](await load());
      const decorate = metric.timed() as AnyFunction;
      expect(() => decorate(undefined, { kind: 'field', name: 'f' })).toThrow(
        'timed() decorates methods, and this is the field f',
      );
      expect(() =>
        decorate(
          class {
            m() {}
          },
          { kind: 'class', name: 'C' },
        ),
      ).toThrow(TypeError);
      expect(() => decorate({}, 'f', undefined)).toThrow(
        "timed() decorates methods, and this is 'f'",
      );
      expect(() => decorate({}, 'f', { get: () => 1 })).toThrow(TypeError);
    });

    test('bad arguments are refused before the function is called', async () => {
      const client = await load();
      const metric = TIMERS[type](client) as Times & Record<'labels', AnyFunction>;
      const child = metric.labels('x', 'y') as Times;
      const before = await client.register.metrics();
      const fn = vi.fn();
      const refused: [AnyFunction, string][] = [
        [() => metric.time(), 'the function of time() must be a function, and is undefined'],
        [() => metric.time({}, 5), 'the function of time() must be a function, and is 5'],
        [() => metric.time('x', fn), "labels must be an object, and is 'x'"],
        [() => metric.time(fn, 'x'), "options must be an object, and is 'x'"],
        [() => metric.time(fn, { labels: 1 }), 'labels must be an object or a function, and is 1'],
        [
          () => metric.time(fn, { exemplarLabels: null }),
          'exemplarLabels must be an object or a function, and is null',
        ],
        [() => metric.timed(fn, 7), 'options must be an object, and is 7'],
        [() => child.time({}, fn), 'the function of time() must be a function, and is {}'],
        [() => child.timed(fn, true), 'options must be an object, and is true'],
      ];
      for (const [call, message] of refused) expect(call).toThrow(message);
      expect(() => metric.time({ b: 'x' }, fn)).toThrow(
        'Added label "b" is not included in initial labelset',
      );
      expect(() => metric.timed({ b: 'x' })).toThrow('Added label "b"');
      expect(fn).not.toHaveBeenCalled();
      expect(await client.register.metrics()).toBe(before);
    });

    test('if the option `labels` returns wrong labels, the call throws; if the function failed, there is only a warning', async () => {
      const client = await load();
      const metric = TIMERS[type](client) as Times;
      const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
      const labels = () => ({ b: 'x' });
      expect(() => metric.time(() => 1, { labels })).toThrow('Added label "b"');
      expect(warned).not.toHaveBeenCalled();
      const error = new Error('of the function');
      const failing = () => {
        throw error;
      };
      expect(await outcome(() => metric.time(failing, { labels }))).toEqual({ thrown: error });
      expect(warned.mock.calls.map(([message]) => message)).toEqual([
        expect.stringContaining('a failed call is not counted in m: Added label "b"'),
      ]);
    });

    test('the end of a block ends a timer that `using` declares, unless it was called before', async () => {
      const client = await load();
      const metric = TIMERS[type](client);
      const inBlock = (start: () => Disposable & (() => number), explicit: number) => {
        const timer = start();
        for (let i = 0; i < explicit; i++) {
          pass();
          timer();
        }
        pass();
        timer[Symbol.dispose]();
      };
      for (const [a, explicit] of [
        ['no', 0],
        ['one', 1],
        ['two', 2],
      ] as const) {
        inBlock(() => metric.startTimer({ a }), explicit);
        inBlock(() => metric.labels(a, 'child').startTimer(), explicit);
        const counted = Math.max(1, explicit);
        // The second explicit end is at 6 seconds, as with prom-client.
        const seconds = explicit === 2 ? [SECONDS + 2 * SECONDS, 2 * SECONDS] : [SECONDS, SECONDS];
        const expected = type === 'gauge' ? [seconds[1]] : [counted, seconds[0]];
        expect(await observed(client, type, `a="${a}"`)).toEqual(expected);
        expect(await observed(client, type, `a="${a}",status="child"`)).toEqual(expected);
      }
    });
  });

  test('a histogram records the exemplar that a timed call gives', async () => {
    const client = await load();
    client.register.setContentType(any(client.openMetricsContentType));
    const histogram = new client.Histogram({
      name: 'm',
      help: 'h',
      buckets: [10],
      enableExemplars: true,
      registers: [client.register],
    });
    histogram.time(() => (pass(), 'id'), {
      exemplarLabels: (_error: unknown, result: unknown) => ({ trace: String(result) }),
    });
    expect(await client.register.metrics()).toMatch(/m_bucket\{le="10"\} 1 # \{trace="id"\} 3 /);
  });
});
