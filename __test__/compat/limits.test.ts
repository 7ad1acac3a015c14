/** Limits on series and labels, in each storage: existing series are updated, and new ones refused with one warning. */
import { afterEach, describe, expect, test, vi } from 'vitest';

import { loadBinding } from '../../ts/binding';
import { memoryFigures, REFUSALS } from '../../ts/storage';
import { memoryLimits } from '../../ts/storage/limits';
import { Refusals } from '../../ts/storage/refusals';
import { newSegment } from '../support/segments';
import { heap, inside, memory, type Client } from '../support/subject';

afterEach(() => {
  vi.restoreAllMocks();
});

/** A client with limits, and the warnings that it emits. */
async function limited(load: () => Promise<Client>, limits: object) {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const client = await load();
  client.configure(limits);
  return { client, warnings: () => warning.mock.calls.map(([text]) => String(text)) };
}

describe.each([memory, heap])('$name', ({ load }) => {
  test('limits of the series of one metric, and of all metrics', async () => {
    const { client, warnings } = await limited(load, { maxSeriesPerMetric: 3, maxSeries: 5 });
    const counters = ['one', 'two', 'three'].map(
      (name) => new client.Counter({ name, help: 'h', labelNames: ['n'] }),
    );
    for (let round = 1; round <= 4; round++) {
      for (const counter of counters) for (let n = 0; n < 9; n++) counter.inc({ n });
    }
    const text = await client.register.metrics();
    expect(text.match(/^\w+\{.*/gm)).toEqual([
      ...['one{n="0"} 4', 'one{n="1"} 4', 'one{n="2"} 4'],
      ...['two{n="0"} 4', 'two{n="1"} 4'],
    ]);
    const first = warnings();
    expect(first).toHaveLength(2);
    expect(first[0]).toContain('configure({ maxSeriesPerMetric })');
    expect(first[1]).toContain('configure({ maxSeries })');
    // After one series is removed, there is room for a new one.
    counters[0]!.remove('1');
    counters[2]!.inc({ n: 7 });
    expect(await client.register.metrics()).toContain('three{n="7"} 1');
  });

  test('a label value with too many bytes is refused, not cut, and shorter ones are still accepted', async () => {
    const { client, warnings } = await limited(load, { maxLabelValueBytes: 10 });
    const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['n'] });
    const child = counter.labels('x'.repeat(11));
    for (const n of ['0123456789', '"\\\n"\\\n"\\\n"', 'ääää12', 'ääää123', '01234567890']) {
      counter.inc({ n });
      child.inc();
    }
    expect((await client.register.metrics()).match(/^c\{.*/gm)).toEqual([
      'c{n="0123456789"} 1',
      String.raw`c{n="\"\\\n\"\\\n\"\\\n\""} 1`,
      'c{n="ääää12"} 1',
    ]);
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('configure({ maxLabelValueBytes })');
  });

  test.each(Object.keys(LONG))(
    'a label value that is too long is refused by its length alone: %s',
    async (way) => {
      const { client } = await limited(load, {});
      const metric = new client.Gauge({ name: 'g', help: 'h', labelNames: ['a', 'b', 'c'] });
      metric.set({ a: 'short' }, 1);
      for (const value of ['"'.repeat(1 << 20), '\\\n'.repeat(8_000), '\ud800'.repeat(20_000)]) {
        const worked = worksOn(8_193, () => {
          LONG[way]!(client, value);
        });
        expect(worked).toEqual([]);
      }
      expect((await client.register.metrics()).match(/^[a-z]+\{.*/gm)).toEqual(['g{a="short"} 1']);
    },
  );
});

type Labelled = Record<'a' | 'b' | 'c', unknown>;

/** Calls that are given a label value. */
const LONG: Record<string, (client: Client, value: string) => void> = {
  'an update': (client, value) => {
    metricOf(client).inc({ a: value });
  },
  'repeated updates': (client, value) => {
    for (let n = 0; n < 3; n++) metricOf(client).set({ a: 'x', b: value }, n);
  },
  'one of many labels': (client, value) => {
    metricOf(client).inc({ a: value, b: value, c: value });
  },
  'labels() and its child': (client, value) => {
    const child = metricOf(client).labels('x', value, 'y');
    child.inc();
    child.set(2);
  },
  'remove()': (client, value) => {
    metricOf(client).remove({ a: value });
    metricOf(client).remove('x', value, 'y');
  },
  'an exemplar': (client, value) => {
    const counter = openCounter(client);
    const recorded = () => {
      counter.inc({ exemplarLabels: { trace: value } });
    };
    expect(recorded).toThrow(RangeError);
  },
};

function metricOf(client: Client) {
  return client.register.getSingleMetric('g') as unknown as {
    inc: (labels: Partial<Labelled>) => void;
    set: (labels: Partial<Labelled>, value: number) => void;
    labels: (...values: string[]) => { inc: () => void; set: (value: number) => void };
    remove: (...values: unknown[]) => void;
  };
}

function openCounter(client: Client) {
  const { Registry } = client;
  const open = new Registry(Registry.OPENMETRICS_CONTENT_TYPE);
  const config = { name: 'exemplified', help: 'h', registers: [open], enableExemplars: true };
  return new client.Counter(config) as unknown as { inc: (given: object) => void };
}

/** Returns the names of the functions below that were called in `run` with a text of at least `units` code units. */
function worksOn(units: number, run: () => void): string[] {
  const found: string[] = [];
  const watch = (
    owner: object,
    name: string,
    textOf: (self: unknown, args: unknown[]) => unknown,
  ) => {
    const real = (owner as Record<string, (...args: unknown[]) => unknown>)[name]!;
    const seen = function (this: unknown, ...args: unknown[]): unknown {
      const text = textOf(this, args);
      if (String(text).length >= units) found.push(name);
      return real.apply(this, args);
    };
    return vi.spyOn(owner as Record<string, () => void>, name).mockImplementation(seen);
  };
  const spies = [
    ...['replace', 'replaceAll', 'split', 'indexOf', 'includes', 'match', 'slice', 'normalize'].map(
      (name) => watch(String.prototype, name, (self) => self),
    ),
    ...['test', 'exec'].map((name) => watch(RegExp.prototype, name, (_, [text]) => text)),
    watch(Array, 'from', (_, [text]) => (typeof text === 'string' ? text : '')),
    watch(JSON, 'stringify', (_, [value]) => (Array.isArray(value) ? value.join('') : '')),
  ];
  try {
    run();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return found;
}

test('each child of a refused series keeps its labels, and counts as soon as there is room', async () => {
  const { client } = await limited(heap.load, { maxSeriesPerMetric: 1 });
  const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['n'] });
  counter.inc({ n: 'first' });
  const [a, b] = [counter.labels('a'), counter.labels('b')];
  for (const child of [a, b]) child.inc();
  counter.remove('first');
  b.inc();
  expect((await client.register.metrics()).match(/^c\{.*/gm)).toEqual(['c{n="b"} 1']);
});

test('memory storage counts each update that it drops', async () => {
  const { client } = await limited(memory.load, { maxSeriesPerMetric: 2 });
  const storage = inside('storage').memoryFigures;
  expect(storage).not.toBe(memoryFigures);
  const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['n'] });
  for (let n = 0; n < 10_000; n++) counter.inc({ n });
  const child = counter.labels(5);
  for (let n = 0; n < 10; n++) child.inc();
  expect(storage).toEqual({
    series: 2,
    dropped: [0, 0, 9_998 + 10, 0, 0, 0, 0],
    clampedObservations: 0,
    unrankedObservations: 0,
  });
});

test('a limit of the heap for label text', async () => {
  const { client, warnings } = await limited(heap.load, { maxTextBytes: 1 << 17 });
  const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['n'] });
  for (let n = 0; n < 1_000; n++) counter.inc({ n: `${n}${'x'.repeat(990)}` });
  const shown = (await client.register.metrics()).match(/^c\{/gm)!.length;
  expect(shown).toBeGreaterThan(80);
  expect(shown).toBeLessThan(128);
  expect(warnings()).toHaveLength(1);
  expect(warnings()[0]).toContain('configure({ maxTextBytes })');
});

test('limits are those of the process that makes the segment, and a process with other limits gets a warning', async () => {
  const segment = newSegment();
  // `memory.load` names no segment. Both clients get this one from their settings, and so store in its heap.
  const one = await limited(memory.load, { segment, maxSeriesPerMetric: 2, maxLabelValueBytes: 9 });
  new one.client.Counter({ name: 'c', help: 'h' });
  expect(one.warnings()).toEqual([]);
  const two = await limited(memory.load, { segment, maxSeriesPerMetric: 8, maxLabelValueBytes: 9 });
  const counter = new two.client.Counter({ name: 'd', help: 'h', labelNames: ['n'] });
  for (let n = 0; n < 9; n++) counter.inc({ n });
  expect((await two.client.register.metrics()).match(/^d\{/gm)).toHaveLength(2);
  expect(two.warnings()[0]).toBe(
    `configure({ maxSeriesPerMetric: 8 }) comes too late: ${segment} was made with 2`,
  );
});

test('the default limits and the names of refusals are those of the native module', () => {
  const binding = loadBinding()!;
  const { limits } = binding.openHeap({ path: newSegment(), create: true })!;
  expect(memoryLimits()).toEqual({
    series: limits.series,
    familySeries: limits.familySeries,
    labelBytes: limits.labelBytes,
  });
  expect(limits).toMatchObject({ bytes: 2 ** 30, textBytes: 2 ** 28 });
  expect(binding.layout().refusals).toEqual(REFUSALS);
});

describe('the list of refused label sets', () => {
  test('skips refused label sets and all but one in 1,024 new ones, but not a new one that comes again', () => {
    const refusals = new Refusals();
    expect(refusals.skips(['a'])).toBe(false);
    refusals.refused(['a']);
    expect([refusals.skips(['a']), refusals.skips(['b'])]).toEqual([true, true]);
    expect(refusals.skips(['b'])).toBe(false);
    refusals.refused(['b']);
    expect(refusals.skips(['b'])).toBe(true);
    let asked = 0;
    for (let n = 0; n < 100_000; n++) {
      if (refusals.skips([String(n)])) continue;
      asked++;
      refusals.refused([String(n)]);
    }
    expect(asked).toBeGreaterThan(90);
    expect(asked).toBeLessThan(100);
    refusals.forget();
    expect(refusals.skips(['b'])).toBe(false);
  });

  test('tells similar label sets apart, and does not keep long ones', () => {
    const refusals = new Refusals();
    refusals.refused(['first']);
    const sets = [['a', 'b'], ['a,b'], ['a', undefined], ['a', 'null'], ['a'], ['a","b']];
    expect(sets.map((set) => refusals.skips(set))).toEqual(sets.map(() => true));
    expect(sets.map((set) => refusals.skips(set))).toEqual(sets.map(() => false));
    const long = ['x'.repeat(1_000)];
    expect([refusals.skips(long), refusals.skips(long)]).toEqual([true, true]);
  });
});
