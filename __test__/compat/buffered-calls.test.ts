/** `buffered()`: the order of its calls to a store, and stores and cells that are not what they should be. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import type { SlowCell } from '../../ts/index';
import { any, memory, rejected, type Client } from '../support/subject';

let client: Client;

beforeEach(async () => {
  client = await memory.load();
  vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const counterOf = () => new client.Counter({ name: 'c', help: 'h', labelNames: ['a'] });

test('a series that is removed twice before a flush is removed from the store once, by its own cell', async () => {
  const calls: string[] = [];
  let opened = 0;
  const open = (): SlowCell => {
    const id = `cell ${++opened}`;
    const call = (method: string) => () => void calls.push(`${id}: ${method}`);
    return { inc: call('inc'), set: call('set'), get: () => [0], remove: call('remove') };
  };
  const backend = client.buffered({ open }, { flushMs: 2 ** 30 });
  client.configure({ backend });
  const counter = counterOf();
  counter.inc({ a: 'x' });
  await backend.flush();
  for (let i = 0; i < 2; i++) {
    counter.remove('x');
    counter.inc({ a: 'x' });
  }
  await backend.flush();
  expect(calls).toEqual(['cell 1: inc', 'cell 1: remove', 'cell 2: inc']);
});

test('flushes never overlap, whenever they are asked for', async () => {
  let [under, most] = [0, 0];
  const store = {
    open: (): SlowCell => ({
      inc: async () => {
        most = Math.max(most, ++under);
        await new Promise((resolve) => setImmediate(resolve));
        under--;
      },
      set: () => undefined,
      get: () => [0],
      remove: () => undefined,
    }),
  };
  const backend = client.buffered(store, { flushMs: 2 ** 30 });
  const series = { name: 'c', help: 'h', type: 'counter', labels: {}, aggregator: 'sum' } as const;
  const cell = backend.open(series);
  const change = (): Promise<void> => {
    cell.inc(1);
    return backend.flush();
  };
  for (let ticks = 0; ticks < 10; ticks++) {
    const first = change();
    const flushes = [change()];
    await first;
    // The second flush begins a few microtasks after the first one has ended.
    for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
    flushes.push(change());
    for (let tick = 0; tick < 10; tick++) {
      await Promise.resolve();
      cell.inc(1);
    }
    await Promise.all(flushes);
    await backend.flush();
  }
  expect([under, most]).toEqual([0, 1]);
});

test('the namespace of a module is a store, and a cell that lacks a method is named', async () => {
  const open = (): SlowCell => any({ inc: () => undefined });
  const namespace = Object.assign(Object.create(null) as object, { open });
  const backend = client.buffered(any(namespace), { flushMs: 2 ** 30 });
  expect(backend.name).toBe('a backend');
  client.configure({ backend });
  counterOf().inc({ a: 'x' });
  expect(await rejected(backend.flush())).toContain(
    'open() of the store of buffered() must return a cell, and what it returned for c{a="x"} lacks the method set',
  );
});
