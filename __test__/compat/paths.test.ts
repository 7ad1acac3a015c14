/** Update paths: which one is chosen, and how many native calls an update makes. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { loadBinding } from '../../ts/binding';
import { Counter, Gauge, Histogram, ROSTER, Summary } from '../../ts/metrics';
import { Status, Stores } from '../../ts/native';
import { moveToHeap, moveToMemory } from '../../ts/storage';
import { MoodyHeap } from '../support/moody-heap';

const asked = process.env['MPMETRICS_CELLS'];

beforeEach(() => {
  delete process.env['MPMETRICS_CELLS'];
});

afterEach(() => {
  if (asked === undefined) delete process.env['MPMETRICS_CELLS'];
  else process.env['MPMETRICS_CELLS'] = asked;
  vi.restoreAllMocks();
  vi.useRealTimers();
});

function metrics(moody: MoodyHeap) {
  const quiet = { help: 'h', registers: [] };
  const counter = new Counter({ name: 'c', ...quiet });
  const gauge = new Gauge({ name: 'g', ...quiet });
  const recent = new Gauge({ name: 'r', aggregator: 'mostrecent', ...quiet });
  const histogram = new Histogram({ name: 'h', labelNames: ['a'], buckets: [1], ...quiet });
  const summary = new Summary({ name: 's', percentiles: [0, 1], ...quiet });
  const all = [counter, gauge, recent, histogram, summary];
  for (const one of all) moveToHeap(one[ROSTER], 't', 1, moody.storage);
  const child = histogram.labels('x');
  return {
    histogram,
    gauge,
    update: (times: number) => {
      for (let i = 0; i < times; i++) {
        counter.inc();
        gauge.set(i);
        recent.inc(2);
        histogram.observe({ a: 'x' }, 0.5);
        child.observe(3);
        summary.observe(i % 2 === 0 ? -2 : 64);
      }
    },
  };
}

const TEXT = (n: number) =>
  `# HELP c h\n# TYPE c counter\nc ${n}\n\n# HELP g h\n# TYPE g gauge\ng ${n - 2}\n\n` +
  `# HELP r h\n# TYPE r gauge\nr ${2 * n}\n\n# HELP h h\n# TYPE h histogram\n` +
  `h_bucket{le="1",a="x"} ${n}\nh_bucket{le="+Inf",a="x"} ${2 * n}\n` +
  `h_sum{a="x"} ${3.5 * n}\nh_count{a="x"} ${2 * n}\n\n# HELP s h\n# TYPE s summary\n` +
  `s{quantile="0"} -2\ns{quantile="1"} 64\n` +
  `s_sum ${31 * n - 66}\ns_count ${n}\n`;

/** Makes 1000 rounds of updates, checks the text, and returns the number of native calls for each update. */
async function calls(moody: MoodyHeap): Promise<number> {
  const { update } = metrics(moody);
  update(1);
  moody.updates = 0;
  moody.binds = 0;
  const { bucketCalls } = moody;
  update(999);
  expect(await moody.text()).toBe(TEXT(1000));
  expect(moody.binds).toBe(0);
  // One call makes the buckets of the second octave; on the native path they are made in the update itself.
  expect(moody.bucketCalls - bucketCalls).toBe(
    moody.storage.paths.stores === Stores.Native ? 0 : 1,
  );
  return moody.updates / 999 / 6;
}

/** The stores that this machine allows to JavaScript. If they are `Stores.Native`, each update is a native call. */
const here = loadBinding()!.layout().stores;

describe('native calls of an update', () => {
  test('none on the direct path', async () => {
    const moody = new MoodyHeap();
    const expected = here === (Stores.Native as number) ? 1 : 0;
    expect(await calls(moody)).toBe(expected);
    expect(moody.storage.paths.stores as number).toBe(here);
  });

  test('none on the ordered path', async () => {
    process.env['MPMETRICS_CELLS'] = 'ordered';
    const moody = new MoodyHeap();
    expect(await calls(moody)).toBe(here === (Stores.Native as number) ? 1 : 0);
    expect(moody.storage.paths.stores).toBe(Math.max(here, Stores.Ordered));
  });

  test('one if MPMETRICS_CELLS asks for the native path', async () => {
    process.env['MPMETRICS_CELLS'] = 'native';
    const moody = new MoodyHeap();
    expect(await calls(moody)).toBe(1);
  });

  test('one if the runtime copies external memory for JavaScript', async () => {
    const moody = new MoodyHeap();
    moody.views = false;
    expect(await calls(moody)).toBe(1);
    expect(moody.storage.paths.stores).toBe(Stores.Native);
  });
});

test('this runtime gives JavaScript the memory itself, not a copy', () => {
  expect(new MoodyHeap().real.views()).toBe(true);
});

test('an unknown value of MPMETRICS_CELLS is refused, with a warning', () => {
  const warning = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  process.env['MPMETRICS_CELLS'] = 'fast';
  const counter = new Counter({ name: 'c', help: 'h', registers: [] });
  expect(moveToHeap(counter[ROSTER], 't', 1, new MoodyHeap().storage)).toBe(false);
  expect(String(warning.mock.calls[0]![0])).toContain(
    'MPMETRICS_CELLS must be direct, ordered or native, and is "fast"',
  );
});

describe('a native update', () => {
  beforeEach(() => {
    process.env['MPMETRICS_CELLS'] = 'native';
  });

  test('of a writer that lost its slot is made by the next writer, which takes over its gauges', async () => {
    const moody = new MoodyHeap();
    const { update, gauge } = metrics(moody);
    update(3);
    gauge.set(7);
    moody.mood = Status.Lost;
    const handed = moody.writers;
    gauge.inc(10);
    moody.mood = Status.Ok;
    moody.storage.flush();
    expect(moody.writers).toBeGreaterThan(handed);
    gauge.inc(100);
    moody.storage.flush();
    expect(await moody.text()).toContain('\ng 117\n');
  });

  test('never reaches a series that took the place of a removed one', async () => {
    const moody = new MoodyHeap();
    const { histogram, update } = metrics(moody);
    update(2);
    const stale = histogram.labels('x');
    const h = histogram[ROSTER].handles()[0]!;
    const { slab, first, number, generation } = h;
    histogram.remove('x');
    const fresh = histogram.labels('y');
    fresh.observe(1);
    const writer = moody.real.writer(0);
    expect(writer.observe(slab, first, number, generation, 5, 1, 0)).toBe(Status.Gone);
    expect(writer.write(slab, first, number, generation, new Float64Array(5))).toBe(Status.Gone);
    expect(writer.hide(slab, first, number, generation)).toBe(Status.Gone);
    expect(writer.holds(slab, first, number, generation)).toBe(false);
    expect(writer.read(slab, first, number, generation)).toHaveLength(0);
    stale.observe(9);
    const text = await moody.text();
    expect(text).toContain('h_sum{a="y"} 1\n');
    expect(text).toContain('h_sum{a="x"} 9\n');
  });

  test('of cells of another kind is refused', () => {
    const moody = new MoodyHeap();
    const { histogram, gauge, update } = metrics(moody);
    update(1);
    const [wide] = histogram[ROSTER].handles();
    const [narrow] = gauge[ROSTER].handles();
    const writer = moody.real.writer(0);
    const of = ({ slab, first, number, generation }: typeof wide & object) =>
      [slab, first, number, generation] as const;
    expect(writer.add(...of(wide!), 1, 0)).toBe(Status.Gone);
    expect(writer.set(...of(wide!), 1, 0)).toBe(Status.Gone);
    expect(writer.observe(...of(narrow!), 1, 1, 0)).toBe(Status.Gone);
    expect(writer.write(...of(narrow!), new Float64Array(2))).toBe(Status.Gone);
    // The histogram has no bucket of this number, so the call counts nothing.
    expect(writer.observe(...of(wide!), 1, 1, 99)).toBe(Status.Ok);
  });
});

/** A step of a program on a summary with three series. Values have all magnitudes, and some values occur often. */
const step = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      do: fc.constantFrom('observe', 'child'),
      a: fc.constantFrom('x', 'y', 'z'),
      value: fc.oneof(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: -100, max: 100, noNaN: true }),
        fc.constantFrom(0, -0, 1, 2 ** -1022, 5e-324, -5e-324, Number.MAX_VALUE, 1024, -1024),
      ),
      times: fc.constantFrom(1, 1, 1, 3, 1000),
    }),
  },
  fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
  fc.record({ do: fc.constant('remove' as const), a: fc.constantFrom('x', 'y', 'z') }),
  fc.record({ do: fc.constantFrom('reset', 'look') }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Serialises numbers as text, because JSON has no NaN and no infinities. 0 and -0 become equal. */
const numbers = (_: string, value: unknown) => (typeof value === 'number' ? String(value) : value);

describe.each([
  ['without a window', {}],
  ['of a window', { maxAgeSeconds: 60, ageBuckets: 5 }],
  ['of a window that prunes series', { maxAgeSeconds: 60, ageBuckets: 5, pruneAgedBuckets: true }],
])('quantiles %s, in the heap and in memory storage', (_, window) => {
  async function run(summary: Summary<'a'>, program: readonly Step[]): Promise<unknown[]> {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_000 });
    const children = new Map(['x', 'y', 'z'].map((a) => [a, summary.labels(a)]));
    const seen: unknown[] = [];
    const look = async () => {
      const rows = (await summary.get()).values.map((row) => JSON.stringify(row, numbers));
      // With `pruneAgedBuckets`, memory storage removes a series that was reset and not observed since. The heap only
      // hides it, and shows it in its old position after the next observation. So the order of the series may differ.
      seen.push('pruneAgedBuckets' in window ? rows.sort() : rows);
    };
    for (const one of program) {
      if (one.do === 'child') children.get(one.a)!.observe(one.value, one.times);
      else if (one.do === 'observe') summary.observe({ a: one.a }, one.value, one.times);
      else if (one.do === 'wait') vi.advanceTimersByTime(one.ms);
      else if (one.do === 'remove') summary.remove(one.a);
      else if (one.do === 'reset') summary.reset();
      else await look();
    }
    await look();
    return seen;
  }

  const make = () =>
    new Summary({ name: 's', help: 'h', labelNames: ['a'], registers: [], ...window });

  test.each(['direct', 'ordered', 'native'])('are the same to the bit: %s', async (way) => {
    process.env['MPMETRICS_CELLS'] = way;
    // All runs use one heap, so that blocks which earlier runs freed are used again.
    const moody = new MoodyHeap();
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 60, size: 'max' }),
      async (program) => {
        const shared = make();
        expect(moveToHeap(shared[ROSTER], 't', 1, moody.storage)).toBe(true);
        const found = await run(shared, program);
        for (const a of ['x', 'y', 'z']) shared.remove(a);
        moveToMemory(shared[ROSTER]);
        expect(found).toEqual(await run(make(), program));
      },
    );
    await fc.assert(property, { numRuns: Number(process.env['MPMETRICS_TEST_RUNS'] ?? 100) });
  });
});

describe('the numbers of the native module', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mpmetrics-numbers-'));
  });
  afterEach(() => {
    delete process.env['MPMETRICS_NATIVE'];
    rmSync(folder, { recursive: true, force: true });
  });

  test.each([
    ['statuses', 'Status 1'],
    ['outs', 'Out 1'],
    ['refusals', 'Refusal 1'],
  ])('a module that numbers its %s differently is not used', async (table, reason) => {
    const path = join(folder, 'other.js');
    const layout = { ...loadBinding()!.layout() };
    const names = [...(layout[table as 'outs'] as readonly string[])];
    [names[1], names[2]] = [names[2]!, names[1]!];
    writeFileSync(
      path,
      `exports.openHeap = () => null;\n` +
        `exports.layout = () => (${JSON.stringify({ ...layout, [table]: names })});\n`,
    );
    process.env['MPMETRICS_NATIVE'] = path;
    vi.resetModules();
    const { bindingFailure } = await import('../../ts/binding');
    expect(bindingFailure()).toContain(`it is of another version (${reason})`);
  });
});
