/** Functions whose calls a gauge counts while they run, and whose errors a counter counts. */
import { runInNewContext } from 'node:vm';

import { afterEach, describe, expect, test, vi } from 'vitest';

import { ENDINGS, outcome } from '../support/call-endings';
import { any, subjects } from '../support/subject';

type AnyFunction = (...args: unknown[]) => unknown;

afterEach(() => {
  vi.restoreAllMocks();
});

/** This process's value of a gauge's series. */
function ownValue(gauge: object, a: string): number {
  return (gauge as { _getValue: (labels: object) => number })._getValue({ a });
}

describe.each(subjects)('$name', ({ load }) => {
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

    test('counts errors of the classes that it is given; if it is given none, it counts all that is thrown', async () => {
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
        [[class Own extends Error {}], new RangeError('x'), false],
      ];
      let n = 0;
      for (const [errors, error, counts] of cases) {
        for (const fn of [
          () => {
            throw error;
          },
          async () => {
            await Promise.resolve();
            throw error;
          },
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

    test('adds the labels that the option `labels` returns for the error', async () => {
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

    test('countingExceptions() returns a decorator if it is given classes of errors and no function to wrap', async () => {
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
