/** `describeBackend()`: right backends pass all specs, and each wrong one fails some. */
import { describe, expect, it, test } from 'vitest';

import MapBackend from '../../examples/map-backend.mjs';
import type { CellBackend, CellSeries, SlowCell } from '../../ts/index';
import type { TestedBackend } from '../../ts/testing';
import { any, heap, inside, memory } from '../support/subject';

type Numbers = readonly number[];
type Cells = ReturnType<MapBackend['open']>;

/** A store whose calls take a few turns of the event loop, each its own number. */
class SlowMap {
  readonly cells = new MapBackend();
  private turns = 0;

  open(series: CellSeries): SlowCell {
    const cell = this.cells.open(series);
    const later = async <T>(call: () => T): Promise<T> => {
      for (let left = ++this.turns % 4; left > 0; left--) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      return call();
    };
    return {
      inc: (by) =>
        later(() => {
          cell.inc(by);
        }),
      set: (value) =>
        later(() => {
          cell.set(value);
        }),
      observe: (value, times) =>
        later(() => {
          cell.observe(value, times);
        }),
      get: () => later(() => cell.get() as Numbers),
      remove: () =>
        later(() => {
          cell.remove();
        }),
    };
  }
}

/** Reads all cells in one call. */
class Collecting extends MapBackend {
  private readonly opened = new Set<Cells>();

  override open(series: CellSeries): Cells {
    const cell = super.open(series);
    this.opened.add(cell);
    return cell;
  }

  async collect(): Promise<Map<Cells, Numbers>> {
    await Promise.resolve();
    return new Map([...this.opened].map((cell) => [cell, cell.get() as Numbers]));
  }
}

await memory.load();
const { describeBackend } = inside('testing');
const { buffered } = inside('backends');

describeBackend(() => new MapBackend(), { describe, it, title: 'a Map' });
describeBackend(() => new Collecting(), { describe, it, title: 'a Map that is read at once' });
describeBackend(() => buffered(new SlowMap(), { flushMs: 1 }), {
  describe,
  it,
  title: 'a slow Map',
});
describeBackend(() => 'memory', { describe, it, title: 'memory storage' });

await heap.load();
inside('testing').describeBackend(() => 'heap', { describe, it, title: 'the heap' });

/** Runs all specs. Returns the titles of those that fail. */
async function failing(make: () => TestedBackend): Promise<string[]> {
  const specs: [string, () => Promise<void>][] = [];
  describeBackend(make, {
    describe: (_, body) => {
      body();
    },
    it: (title, body) => specs.push([title, body]),
  });
  expect(specs.length).toBeGreaterThan(15);
  const failed: string[] = [];
  for (const [title, body] of specs) {
    await body().catch(() => failed.push(title));
  }
  return failed;
}

/** A backend that differs from {@link MapBackend} in a method of its cells. */
function wrong(change: (cell: Cells, series: CellSeries) => Partial<Cells>): () => CellBackend {
  return () => {
    const backend = new MapBackend();
    return {
      open: (series) => {
        const cell = backend.open(series);
        return Object.assign(Object.create(cell) as Cells, change(cell, series));
      },
    };
  };
}

let count = 0;
const nothing = (): void => undefined;

const MUTATIONS: Record<string, () => CellBackend> = {
  'loses every thousandth increment': wrong((cell) => ({
    inc: (by: number) => {
      if (++count % 1000 !== 0) cell.inc(by);
    },
  })),
  'counts whole numbers only': wrong((cell) => ({
    inc: (by: number) => {
      cell.inc(Math.floor(by));
    },
  })),
  'counts a value on a bound in the next bucket': wrong((cell) => ({
    observe: (value: number, times: number) => {
      cell.observe(cell.buckets.includes(value) ? value + 1e-9 : value, times);
      cell.numbers[0] -= cell.buckets.includes(value) ? 1e-9 * times : 0;
    },
  })),
  'counts an observation once, however often it was made': wrong((cell) => ({
    observe: (value: number) => {
      cell.observe(value, 1);
    },
  })),
  'returns cumulative buckets': wrong((cell, { type }) => ({
    get: () => {
      let total = 0;
      const [sum, ...counts] = cell.get() as number[];
      return type === 'histogram'
        ? [sum!, ...counts.map((one) => (total += one))]
        : [sum!, ...counts];
    },
  })),
  'keeps a removed series': wrong(() => ({ remove: nothing })),
  'removes all series': () => {
    const backend = new MapBackend();
    return {
      open: (series) => {
        const cell = backend.open(series);
        return Object.assign(Object.create(cell) as Cells, {
          remove: () => {
            backend.map.clear();
          },
        });
      },
    };
  },
  'adds where it should set': wrong((cell) => ({
    set: (value: number) => {
      cell.inc(value);
    },
  })),
  'ignores labels': () => {
    const backend = new MapBackend();
    return { open: (series) => backend.open({ ...series, labels: {} }) };
  },
  'returns what it had before it wrote the last updates': () => {
    const { cells } = new SlowMap();
    return {
      open: (series) => {
        const cell = cells.open(series);
        const later =
          <A extends number[]>(call: (...args: A) => void) =>
          (...args: A): void => {
            setImmediate(() => {
              call(...args);
            });
          };
        return {
          inc: later((by: number) => {
            cell.inc(by);
          }),
          set: later((value: number) => {
            cell.set(value);
          }),
          observe: later((value: number, times: number) => {
            cell.observe(value, times);
          }),
          get: () => cell.get() as Numbers,
          remove: () => {
            cell.remove();
          },
        };
      },
    };
  },
  'returns a promise from inc': wrong((cell) => ({
    inc: (async (by: number) => {
      await Promise.resolve();
      cell.inc(by);
    }) as never,
  })),
  'has a collect() that returns what it returned before': () => {
    const backend = new Collecting();
    let last: ReadonlyMap<Cells, Numbers> = new Map();
    const collect = async () => {
      const before = last;
      last = await backend.collect();
      return before;
    };
    return { open: (series) => backend.open(series), collect };
  },
  rejects: wrong(() => ({ get: (() => Promise.reject(new Error('no'))) as never })),
  'has no observe': wrong(() => ({ observe: undefined as never })),
};

describe('each wrong backend fails some specs', () => {
  test.each(Object.entries(MUTATIONS))('one that %s', async (_, make) => {
    const failed = await failing(make);
    expect(failed).not.toEqual([]);
  });

  test('and a right one none', async () => {
    expect(await failing(() => new MapBackend())).toEqual([]);
  });
});

describe('what describeBackend() is given', () => {
  test('must be a function', () => {
    expect(() => {
      describeBackend(any(new MapBackend()));
    }).toThrow(/^describeBackend\(\) needs a function, and was given MapBackend/);
  });

  test('must come with describe and it, unless they are global', () => {
    expect(() => {
      describeBackend(() => 'memory');
    }).toThrow('found no global describe and it');
    const all = globalThis as { describe?: unknown; it?: unknown };
    const titles: string[] = [];
    all.describe = (title: string, body: () => void) => {
      titles.push(title);
      body();
    };
    all.it = (title: string) => titles.push(title);
    try {
      describeBackend(() => 'memory');
    } finally {
      delete all.describe;
      delete all.it;
    }
    expect(titles[0]).toBe('a backend');
    expect(titles.length).toBeGreaterThan(15);
  });

  test('must return a backend', async () => {
    const failed = await failing(any(() => ({ push: () => Promise.resolve() })));
    expect(failed.length).toBeGreaterThan(15);
  });
});
