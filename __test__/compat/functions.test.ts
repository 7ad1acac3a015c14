/** Functions that metrics time, track and count: what they return and throw, and what is counted. */
import { runInNewContext } from 'node:vm';

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { any, subjects, type Client } from '../support/subject';

type AnyFunction = (...args: any[]) => unknown;

/** A metric or child that times functions. */
interface Times {
  time: AnyFunction;
  timed: AnyFunction;
}

const SECONDS = 3;

/** Seconds that the replaced clock shows. */
let clock = 0;

beforeEach(() => {
  clock = 0;
  vi.spyOn(process, 'hrtime').mockImplementation(
    any((since?: [number, number]) => [clock - (since?.[0] ?? 0), 0]),
  );
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Every way in which a call can end. Each takes {@link SECONDS} of the replaced clock. */
const ENDINGS: Record<string, { fn: (value: unknown) => unknown; fails: boolean }> = {
  returns: { fn: (value) => (pass(), value), fails: false },
  throws: {
    fn: (value) => {
      pass();
      throw value;
    },
    fails: true,
  },
  'returns a promise that resolves': {
    fn: (value) => Promise.resolve().then(() => (pass(), value)),
    fails: false,
  },
  'returns a promise that rejects': {
    fn: (value) =>
      Promise.resolve().then(() => {
        pass();
        throw value;
      }),
    fails: true,
  },
  'returns a thenable that calls back': {
    fn: (value) => ({
      then: (done: (value: unknown) => void) => {
        pass();
        done(value);
      },
    }),
    fails: false,
  },
  'returns a thenable that fails': {
    fn: (value) => ({
      then: (_done: unknown, fail: (value: unknown) => void) => {
        pass();
        fail(value);
      },
    }),
    fails: true,
  },
};

function pass(): void {
  clock += SECONDS;
}

/** Calls, and returns what was returned or thrown in the end. */
async function outcome(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return { thrown: error };
  }
}

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

/** This process's value of a gauge's series. */
function ownValue(gauge: object, a: string): number {
  return (gauge as { _getValue: (labels: object) => number })._getValue({ a });
}

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

      test('gets labels from its error or result', async () => {
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

    test('a standard decorator and an experimental one time methods', async () => {
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
      expect(() => decorate(class {}, { kind: 'class', name: 'C' })).toThrow(TypeError);
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

    test('labels that are wrong after the call: an error, or a warning if the function failed', async () => {
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

    test('a timer that `using` declares ends once', async () => {
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

  describe('trackInProgress', () => {
    test.each(Object.entries(ENDINGS))('a function that %s', async (_, { fn, fails }) => {
      const client = await load();
      const gauge = new client.Gauge({ name: 'g', help: 'h', labelNames: ['a'] });
      const value = new Error('of the function');
      const shown = async (a: string) =>
        (await gauge.get()).values.find(({ labels }) => labels.a === a)?.value;
      const inside = vi.fn(() => fn(value));
      for (const [a, call] of [
        ['x', () => gauge.trackInProgress({ a: 'x' }, inside)],
        ['y', () => gauge.labels('y').trackInProgress(inside)],
        ['z', gauge.trackingInProgress({ a: 'z' }, inside)],
        ['u', gauge.labels('u').trackingInProgress(inside)],
        [
          'v',
          gauge.trackingInProgress({ a: 'v' })<() => unknown>(inside, {
            kind: 'method',
            name: 'm',
          }),
        ],
      ] as const) {
        inside.mockImplementationOnce(() => {
          gauge.inc({ a: `seen ${a}` }, ownValue(gauge, a));
          return fn(value);
        });
        expect(await outcome(call)).toEqual(fails ? { thrown: value } : value);
        expect([await shown(a), await shown(`seen ${a}`)]).toEqual([0, 1]);
      }
      expect(inside).toHaveBeenCalledTimes(5);
    });

    test('shows calls that are under way, and warns once of the aggregator shared', async () => {
      const client = await load();
      const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
      const gauge = new client.Gauge({ name: 'g', help: 'h' });
      let end: () => void = () => undefined;
      const run = () =>
        new Promise<void>((done) => {
          end = done;
        });
      const all = [gauge.trackInProgress(run)];
      const ends = [end];
      all.push(gauge.trackInProgress(run));
      ends.push(end);
      expect((await gauge.get()).values[0]!.value).toBe(2);
      ends[0]!();
      await all[0];
      expect((await gauge.get()).values[0]!.value).toBe(1);
      ends[1]!();
      await all[1];
      expect(warned).not.toHaveBeenCalled();
      const shared = new client.Gauge({ name: 's', help: 'h', aggregator: any('shared') });
      shared.trackingInProgress(() => 1);
      shared.trackInProgress(() => 1);
      expect(warned).toHaveBeenCalledTimes(1);
      expect(warned.mock.calls[0]![0]).toMatch(/^the gauge s has the aggregator shared/);
    });
  });

  describe('countExceptions', () => {
    const foreign = runInNewContext('class Own extends RangeError {}; new Own("x")') as Error;

    test('counts errors of the classes that it is given, and all without any', async () => {
      const client = await load();
      const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['a', 'type'] });
      const cases: [errors: unknown[], thrown: unknown, counts: boolean][] = [
        [[], new Error('x'), true],
        [[], 'a text', true],
        [[], undefined, true],
        [[TypeError, RangeError], new RangeError('x'), true],
        [[TypeError], new RangeError('x'), false],
        [[Error], new RangeError('x'), true],
        [[Error], 'a text', false],
        [[RangeError], foreign, true],
        [[Error], foreign, true],
        [[TypeError], foreign, false],
        [[{ only: (error: unknown) => error === 5 }], 5, true],
        [[{ only: (error: unknown) => error === 5 }], 6, false],
        [[class Own {}], new RangeError('x'), false],
      ];
      let n = 0;
      for (const [errors, error, counts] of cases) {
        for (const fn of [
          () => {
            throw error;
          },
          () => Promise.reject(error as Error),
        ]) {
          const a = String(++n);
          await outcome(() => counter.countExceptions({ a }, fn, ...(errors as [])));
          await outcome(counter.countingExceptions({ a }, fn, ...(errors as [])));
          await outcome(() => counter.labels(a, 'child').countExceptions(fn, ...(errors as [])));
          await outcome(counter.labels(a, 'child').countingExceptions(fn, ...(errors as [])));
          const { values } = await counter.get();
          const found = values.filter(({ labels }) => labels.a === a);
          expect([a, ...found.map(({ value }) => value)]).toEqual(counts ? [a, 2, 2] : [a]);
        }
      }
    });

    test('adds the labels that it is given for the error', async () => {
      const client = await load();
      const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['a', 'type'] });
      const failing = () => {
        throw new RangeError('x');
      };
      const labels = (error: unknown) => ({ type: (error as Error).name });
      await outcome(() => counter.countExceptions({ a: 'x' }, failing, { labels }));
      await outcome(() => counter.countExceptions(failing, { labels }));
      await outcome(() => counter.labels('y', '').countExceptions(failing, { labels }));
      expect((await counter.get()).values.map(({ labels, value }) => [labels, value])).toEqual([
        [{ a: 'x', type: 'RangeError' }, 1],
        [{ type: 'RangeError' }, 1],
        [{ a: 'y', type: 'RangeError' }, 1],
      ]);
    });

    test('decorators: classes of errors are no functions to wrap', async () => {
      const client = await load();
      const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['a'] });
      const failing = () => {
        throw new RangeError('x');
      };
      for (const decorate of [
        counter.countingExceptions(),
        counter.countingExceptions(RangeError),
        counter.countingExceptions(TypeError),
        counter.countingExceptions(class Own extends Error {}, Error),
        counter.countingExceptions({ only: () => true }),
        counter.labels('x').countingExceptions(RangeError),
        counter.countingExceptions({ a: 'y' }, RangeError),
      ]) {
        const method = decorate(failing, { kind: 'method', name: 'm' });
        expect(method).toThrow(RangeError);
      }
      expect((await counter.get()).values.map(({ labels, value }) => [labels, value])).toEqual([
        [{}, 4],
        [{ a: 'x' }, 1],
        [{ a: 'y' }, 1],
      ]);
    });

    test('bad arguments are refused before the function is called', async () => {
      const client = await load();
      const counter = any(
        new client.Counter({ name: 'c', help: 'h', labelNames: ['a'] }),
      ) as Record<string, AnyFunction>;
      const fn = vi.fn();
      const refused: [AnyFunction, string][] = [
        [
          () => counter['countExceptions']!(),
          'the function of countExceptions() must be a function, and is undefined',
        ],
        [() => counter['countExceptions']!(fn, 5), 'an error to count must be a class, and is 5'],
        [() => counter['countExceptions']!(fn, { only: 5 }), 'only must be a function, and is 5'],
        [
          () => counter['countExceptions']!(fn, { labels: 5 }),
          'labels must be an object or a function, and is 5',
        ],
      ];
      for (const [call, message] of refused) expect(call).toThrow(message);
      expect(() => counter['countExceptions']!({ b: 'x' }, fn)).toThrow('Added label "b"');
      expect(fn).not.toHaveBeenCalled();
    });
  });
});
