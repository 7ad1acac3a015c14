/** What becomes of a summary's buckets when the heap is busy, full, lost or broken; and that nothing is lost by it. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { Out, Status, type NativeWriter } from '../../ts/native';
import { ROSTER, Summary } from '../../ts/metrics';
import { share, unshare } from '../../ts/storage';
import { MoodyHeap } from '../support/moody-heap';
import { samples } from '../support/samples';

const START = 1_700_000_000_000 - (1_700_000_000_000 % 3_600_000);
const PRUNED = { maxAgeSeconds: 60, ageBuckets: 5, pruneAgedBuckets: true };

const made = (options: object = {}) =>
  new Summary({
    name: 's',
    help: 'h',
    labelNames: ['a'],
    percentiles: [0, 0.5, 1],
    registers: [],
    ...options,
  });

function setUp(options: object = {}) {
  const moody = new MoodyHeap();
  const summary = made(options);
  share(summary[ROSTER], 't', 1, moody.storage);
  return { moody, summary };
}

type Shown = [count: number, sum: number, ...quantiles: number[]];

/** Count, sum and quantiles of a series; nothing for none. */
async function shown(moody: MoodyHeap, a = 'x'): Promise<Shown | null> {
  return inText(await moody.text(), a);
}

function inText(text: string, a: string): Shown | null {
  const values = samples(text);
  const [count, sum] = ['count', 'sum'].map((what) => values.get(`s_${what}{a="${a}"}`));
  if (count === undefined || sum === undefined) return null;
  const quantiles = [0, 0.5, 1].map((q) => values.get(`s{quantile="${q}",a="${a}"}`)!);
  return [count, sum, ...quantiles];
}

/** The same of what a summary has in this process's memory, or of its own part of the heap. */
async function own(summary: Summary<'a'>): Promise<Shown> {
  const values = (await summary.get()).values.map(({ value }) => value);
  return [values.at(-1)!, values.at(-2)!, ...values.slice(0, -2)];
}

/** What is to be shown of these values. */
async function expected(...values: number[]): Promise<Shown> {
  const memory = made();
  for (const value of values) memory.observe({ a: 'x' }, value);
  return own(memory);
}

function near(found: number, wanted: number): void {
  expect(Math.abs(found - wanted)).toBeLessThanOrEqual(0.0109 * Math.abs(wanted));
}

/** What another process does to a series. */
function other(moody: MoodyHeap, summary: Summary<'a'>) {
  const { bounds } = summary[ROSTER].shape;
  const writer = moody.real.writer(0);
  const spec = { tag: 't', name: 's', help: 'h', kind: 3, aggregator: 'sum', labelNames: ['a'] };
  const family = writer.family({ ...spec, bounds: Float64Array.from(bounds) }, 1);
  return {
    remove: (a: string) => writer.remove(family, `a="${a}"`, ''),
    expire: (a: string) => writer.expire(family, `a="${a}"`, ''),
  };
}

/** Of all tests: each is told once. */
const warnings: string[] = [];

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void warnings.push(String(text)));
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

// Native code asks for room itself: `crates/mpmetrics-core/tests/summaries.rs` has the same for it.
const described = process.env['MPMETRICS_CELLS'] === 'native' ? null : describe;

described?.('a busy heap', () => {
  test('is counted into at once, and gets the buckets later, once', async () => {
    const { moody, summary } = setUp();
    const child = summary.labels('x');
    child.observe(1);
    moody.mood = Status.Busy;
    for (const value of [5, 0, 6, 700, -3]) child.observe(value);
    const early = (await shown(moody))!;
    // Of those in the buckets it has; the ends are known.
    expect(early).toEqual([6, 709, -3, expect.any(Number), 700]);
    moody.storage.flush();
    expect(await shown(moody)).toEqual(early);
    child.observe(6);
    moody.mood = Status.Ok;
    moody.storage.flush();
    expect(await shown(moody)).toEqual(await expected(1, 5, 0, 6, 700, -3, 6));
    moody.storage.flush();
    const { places } = moody;
    child.observe(5);
    summary.observe({ a: 'x' }, 700);
    expect(await shown(moody)).toEqual(await expected(1, 5, 0, 6, 700, -3, 6, 5, 700));
    expect([moody.places, moody.unranked]).toEqual([places, 0]);
    expect(warnings).toEqual([]);
  });

  test('is not asked for each octave', () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    const { places } = moody;
    for (let power = 1; power < 100; power++) summary.observe({ a: 'x' }, 2 ** power);
    expect(moody.places).toBe(places + 1);
  });

  test('gets the buckets by a timer, or at exit', async () => {
    const before = process.listenerCount('exit');
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    summary.observe({ a: 'x' }, 50);
    vi.advanceTimersByTime(10_000);
    expect(process.listenerCount('exit')).toBe(before + 1);
    moody.mood = Status.Ok;
    vi.advanceTimersByTime(10_000);
    expect(process.listenerCount('exit')).toBe(before);
    expect(await shown(moody)).toEqual(await expected(1, 50));
    moody.mood = Status.Busy;
    summary.observe({ a: 'x' }, 900);
    moody.mood = Status.Ok;
    process.listeners('exit').at(-1)!(0);
    expect(process.listenerCount('exit')).toBe(before);
    expect(await shown(moody)).toEqual(await expected(1, 50, 900));
  });

  test('gets no buckets of what was reset or removed meanwhile', async () => {
    const { moody, summary } = setUp();
    for (const a of ['x', 'y', 'z']) summary.observe({ a }, 1);
    moody.mood = Status.Busy;
    for (const a of ['x', 'y', 'z']) summary.observe({ a }, 50);
    summary.reset();
    summary.observe({ a: 'x' }, 60);
    expect(other(moody, summary).remove('y')).toBe(Status.Ok);
    moody.mood = Status.Ok;
    moody.storage.flush();
    expect(await shown(moody, 'x')).toEqual(await expected(60));
    expect(await shown(moody, 'y')).toBe(null);
    expect(await shown(moody, 'z')).toEqual([0, 0, 0, 0, 0]);
    summary.observe({ a: 'y' }, 3);
    expect(await shown(moody, 'y')).toEqual(await expected(3));
    expect(moody.unranked).toBe(0);
  });
});

described?.('what has no buckets in the heap', () => {
  test.each([Status.Busy, Status.Full])('is not taken for idle: status %i', async (mood) => {
    const { moody, summary } = setUp(PRUNED);
    moody.bound = () => (moody.mood = mood);
    for (let i = 0; i < 5; i++) summary.observe({ a: 'x' }, 3);
    // A scrape removes what nobody observed in the window.
    expect((await shown(moody))?.slice(0, 2)).toEqual([5, 15]);
    summary.observe({ a: 'x' }, 3);
    moody.mood = Status.Ok;
    moody.storage.flush();
    expect((await shown(moody))?.slice(0, 2)).toEqual([6, 18]);
    vi.setSystemTime(START + 3_600_000);
    expect(await shown(moody)).toBe(null);
    expect(await shown(moody)).toBe(null);
    moody.bound = null;
    summary.observe({ a: 'x' }, 4);
    expect((await shown(moody))?.slice(0, 2)).toEqual([1, 4]);
  });
});

described?.('a full heap', () => {
  test('counts on, says once what no quantile shows, and is asked again now and then', async () => {
    const { moody, summary } = setUp();
    const child = summary.labels('x');
    child.observe(1);
    moody.mood = Status.Full;
    moody.places = 0;
    for (let i = 0; i < 500; i++) {
      child.observe(5);
      summary.observe({ a: 'x' }, 1);
    }
    expect(moody.places).toBe(1);
    expect(await shown(moody)).toEqual([1001, 3001, 1, 1, 5]);
    moody.mood = Status.Ok;
    // 499 were passed over behind the one that was refused.
    for (let i = 499; i < 1024; i++) child.observe(5);
    expect(moody.places).toBe(1);
    for (let i = 0; i < 10_000; i++) child.observe(5);
    expect(moody.places).toBe(2);
    expect((await shown(moody))!.slice(2)).toEqual((await expected(1, 5, 5, 5, 5)).slice(2));
    await summary.get();
    expect(moody.unranked).toBe(1025);
    expect(moody.real.stats().unrankedObservations).toBe(1025);
    expect(warnings.filter((text) => text.includes('(the first was one of s)'))).toHaveLength(1);
  });

  test('tells at exit, and a second later', () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Full;
    const before = process.listenerCount('exit');
    for (let i = 0; i < 7; i++) summary.observe({ a: 'x' }, 5);
    expect(moody.unranked).toBe(0);
    process.listeners('exit').at(-1)!(0);
    expect(moody.unranked).toBe(7);
    summary.observe({ a: 'x' }, 5);
    vi.advanceTimersByTime(1_000);
    expect(moody.unranked).toBe(8);
    expect(process.listenerCount('exit')).toBe(before);
  });

  test('that was busy before takes none of the waiting buckets', async () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    for (const value of [5, 5, 90]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Full;
    moody.storage.flush();
    moody.mood = Status.Ok;
    expect(await shown(moody)).toEqual([4, 101, 1, 1, 90]);
    await summary.get();
    expect(moody.unranked).toBe(3);
    // From then on there is room.
    for (let i = 0; i < 5; i++) summary.observe({ a: 'x' }, 5);
    expect((await shown(moody))![3]).toBe((await expected(1, 5, 5, 5, 90))[3]);
  });
});

described?.('a lost writer', () => {
  test('is replaced; its counts stay, and the new one has buckets of its own', async () => {
    const { moody, summary } = setUp();
    const child = summary.labels('x');
    for (const value of [1, 5]) child.observe(value);
    const handed = moody.writers;
    moody.mood = Status.Lost;
    child.observe(90);
    expect(moody.writers).toBeGreaterThan(handed);
    moody.mood = Status.Ok;
    moody.storage.flush();
    child.observe(5);
    // The test's writer is not really gone, so that its blocks are found again.
    expect(await shown(moody)).toEqual(await expected(1, 5, 90, 5));
  });

  test('leaves behind buckets that waited, which is counted', async () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    for (const value of [5, 5, 90]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Lost;
    moody.storage.flush();
    moody.mood = Status.Ok;
    moody.storage.flush();
    expect((await shown(moody))!.slice(0, 2)).toEqual([4, 101]);
    await summary.get();
    expect(moody.unranked).toBe(3);
  });
});

described?.('a segment that was removed', () => {
  test('is made again, with all buckets, also those that waited', async () => {
    const { moody, summary } = setUp();
    for (const value of [1, 5]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Busy;
    summary.observe({ a: 'x' }, 90);
    moody.mood = Status.Ok;
    moody.retired = true;
    expect(moody.storage.open(false)).toBe(true);
    summary.observe({ a: 'x' }, 5);
    moody.storage.flush();
    expect(await shown(moody)).toEqual(await expected(1, 5, 90, 5));
    expect(moody.unranked).toBe(0);
  });

  test('in the middle of an observation', async () => {
    const { moody, summary } = setUp();
    for (const value of [1, 5]) summary.observe({ a: 'x' }, value);
    moody.placing = () => {
      moody.retired = true;
      moody.mood = Status.Lost;
    };
    summary.observe({ a: 'x' }, 90);
    moody.mood = Status.Ok;
    moody.placing = null;
    moody.storage.flush();
    summary.observe({ a: 'x' }, 90);
    expect(await shown(moody)).toEqual(await expected(1, 5, 90, 90));
  });
});

described?.('a broken heap', () => {
  test('is left in the middle of an observation, with one warning and all values', async () => {
    const { moody, summary } = setUp();
    for (const value of [1, 5]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Corrupt;
    summary.observe({ a: 'x' }, 90);
    summary.observe({ a: 'x' }, 5);
    expect(summary[ROSTER].family.shared).toBe(false);
    expect(await own(summary)).toEqual(await expected(1, 5, 90, 5));
    expect(warnings.filter((text) => text.includes('in its own memory'))).toHaveLength(1);
  });

  test('is left when buckets that waited are to move there', async () => {
    const { moody, summary } = setUp();
    summary.observe({ a: 'x' }, 1);
    moody.mood = Status.Busy;
    for (const value of [5, 90]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Corrupt;
    moody.storage.flush();
    expect(summary[ROSTER].family.shared).toBe(false);
    expect(await own(summary)).toEqual(await expected(1, 5, 90));
  });

  test('is left while a series that waited moves there', async () => {
    const { moody, summary } = setUp();
    moody.mood = Status.Busy;
    for (const value of [1, 5, 90, 90]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Ok;
    // The first octave finds its place.
    let left = 1;
    moody.placing = () => {
      if (left-- === 0) moody.mood = Status.Corrupt;
    };
    moody.storage.flush();
    expect(summary[ROSTER].family.shared).toBe(false);
    expect(await own(summary)).toEqual(await expected(1, 5, 90, 90));
  });
});

// By other ways nothing is known of the cells of a series that expired: docs/CONCURRENCY.md.
const direct = process.env['MPMETRICS_CELLS'] === 'direct' ? describe : null;

direct?.('a series that expires', () => {
  test.each(['before', 'when'])('%s the heap is asked for buckets', async (moment) => {
    const { moody, summary } = setUp({ ttlSeconds: 60 });
    summary.observe({ a: 'x' }, 1000);
    const { expire } = other(moody, summary);
    let expired = false;
    const once = (): boolean => {
      if (!expired) expect(expire('x')).toBe(Status.Ok);
      expired = true;
      return false;
    };
    if (moment === 'before') vi.spyOn(moody.storage, 'busy', 'get').mockImplementation(once);
    else moody.placing = once;
    for (const value of [5, 1]) summary.observe({ a: 'x' }, value);
    vi.spyOn(moody.storage, 'busy', 'get').mockRestore();
    moody.storage.flush();
    summary.observe({ a: 'x' }, 5);
    expect(expired).toBe(true);
    expect(await shown(moody)).toEqual(await expected(1000, 5, 1, 5));
    await summary.get();
    expect(moody.unranked).toBe(0);
  });

  test('when buckets that waited move', async () => {
    const { moody, summary } = setUp({ ttlSeconds: 60 });
    summary.observe({ a: 'x' }, 1000);
    const { expire } = other(moody, summary);
    moody.mood = Status.Busy;
    for (const value of [5, 5, 5, 1]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Ok;
    moody.placing = () => {
      moody.placing = null;
      expect(expire('x')).toBe(Status.Ok);
    };
    moody.storage.flush();
    summary.observe({ a: 'x' }, 1000);
    moody.storage.flush();
    expect(await shown(moody)).toEqual(await expected(1000, 5, 5, 5, 1, 1000));
    await summary.get();
    expect(moody.unranked).toBe(0);
  });

  test('while it moves into the heap', async () => {
    const { moody, summary } = setUp({ ttlSeconds: 60 });
    const { expire } = other(moody, summary);
    moody.mood = Status.Busy;
    for (const value of [1000, 5, 1]) summary.observe({ a: 'x' }, value);
    moody.mood = Status.Ok;
    moody.placing = () => {
      moody.placing = null;
      expect(expire('x')).toBe(Status.Ok);
    };
    moody.storage.flush();
    moody.storage.flush();
    expect(await shown(moody)).toEqual(await expected(1000, 5, 1));
  });

  test('when its metric leaves', async () => {
    const { moody, summary } = setUp({ ttlSeconds: 60 });
    for (const value of [1000, 5, 1]) summary.observe({ a: 'x' }, value);
    expect(other(moody, summary).expire('x')).toBe(Status.Ok);
    unshare(summary[ROSTER]);
    expect(await own(summary)).toEqual(await expected(1000, 5, 1));
  });

  test('while its metric joins others', async () => {
    const moody = new MoodyHeap();
    const summary = made({ ttlSeconds: 60 });
    for (const value of [1000, 5, 1]) summary.observe({ a: 'x' }, value);
    const { expire } = other(moody, summary);
    moody.placing = () => {
      moody.placing = null;
      expect(expire('x')).toBe(Status.Ok);
    };
    share(summary[ROSTER], 't', 1, moody.storage);
    expect(await shown(moody)).toEqual(await expected(1000, 5, 1));
  });
});

test('a series that waited moves into a new segment if the slot is lost on the way', async () => {
  const { moody, summary } = setUp();
  moody.mood = Status.Busy;
  for (const value of [1, 5, 90, 90]) summary.observe({ a: 'x' }, value);
  moody.mood = Status.Ok;
  let left = 1;
  moody.placing = () => {
    moody.mood = left-- === 0 ? Status.Lost : Status.Ok;
  };
  moody.storage.flush();
  moody.placing = null;
  moody.mood = Status.Ok;
  moody.storage.flush();
  expect(await shown(moody)).toEqual(await expected(1, 5, 90, 90));
});

describe('counts of a dead writer in an adopted block', () => {
  function adopted() {
    const moody = new MoodyHeap();
    moody.bound = (writer: NativeWriter, out) => {
      const block = [Out.Slab, Out.Cell, Out.Series, Out.Generation].map((word) => out[word]!);
      for (const value of [2 ** -10, 4, 900]) {
        const [slab, cell, series, generation] = block as [number, number, number, number];
        expect(writer.summarise(slab, cell, series, generation, value, 1, 0, 1, 0)).toBe(Status.Ok);
      }
      out[Out.Flags] = 1;
    };
    const summary = made();
    share(summary[ROSTER], 't', 1, moody.storage);
    return { moody, summary };
  }

  test('are not reset', async () => {
    const { moody, summary } = adopted();
    for (const value of [5, 6, 7000]) summary.observe({ a: 'x' }, value);
    expect(await shown(moody)).toEqual(await expected(2 ** -10, 4, 900, 5, 6, 7000));
    summary.reset();
    expect(await shown(moody)).toEqual(await expected(2 ** -10, 4, 900));
    summary.observe({ a: 'x' }, 5);
    expect(await shown(moody)).toEqual(await expected(2 ** -10, 4, 900, 5));
  });

  test.each([[[5, 6]], [[2 ** -13, 5, 7000]], [[-5, 0, -7]], [[0]], [[]]])(
    'do not go along when the metric leaves its registry: %j',
    async (values) => {
      const { summary } = adopted();
      summary.observe({ a: 'x' }, 1);
      summary.reset();
      for (const value of values) summary.observe({ a: 'x' }, value);
      unshare(summary[ROSTER]);
      const [found, wanted] = [await own(summary), await expected(...values)];
      expect(found.slice(0, 2)).toEqual([values.length, values.reduce((a, b) => a + b, 0)]);
      found.slice(2).forEach((quantile, i) => {
        near(quantile, wanted[i + 2] ?? 0);
      });
    },
  );
});
