/** How a program chooses a backend: an object, a class or an engine, once and before the first metric. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import MapBackend from '../../examples/map-backend.mjs';
import type { CellSeries, Snapshot } from '../../ts/index';
import { Recording } from '../support/recording';
import { until } from '../support/patience.mjs';
import { samples } from '../support/samples';
import { newSegment } from '../support/segments';
import { any, inside, memory, rejected, thrown, type Client } from '../support/subject';

let client: Client;
let warnings: string[];

beforeEach(async () => {
  client = await memory.load();
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => warnings.push(String(text)));
});

afterEach(() => {
  vi.restoreAllMocks();
});

const text = () => client.register.metrics();
const shown = async () => Object.fromEntries(samples(await text()));

function recorded(): Recording {
  const backend = new Recording();
  client.configure({ backend });
  return backend;
}

describe('configure({ backend })', () => {
  test.each([
    [5, "must be 'heap', 'memory', 'redis', the path"],
    ['', "must be 'heap', 'memory', 'redis', the path"],
    [{}, 'a method open (a backend of cells) or push (an engine), and is {}'],
    [{ open: 5 }, 'and is {"open":5}'],
  ])('of %j throws', (backend, message) => {
    expect(
      thrown(() => {
        client.configure({ backend: any(backend) });
      }),
    ).toContain(message);
    expect(client.backend()).toEqual({ name: 'memory', config: {} });
  });

  test('together with another storage throws; the later of two calls counts', () => {
    const both = { backend: 'heap', storage: 'memory' } as const;
    const message =
      'configure({ backend, storage }) must name one storage: they are "heap" and "memory"';
    expect(
      thrown(() => {
        client.configure(both);
      }),
    ).toContain(message);
    client.configure({ storage: 'heap' });
    client.configure({ backend: 'memory' });
    expect(client.backend().name).toBe('memory');
    client.configure({ backend: 'memory', storage: 'memory' });
    client.configure({ storage: 'heap' });
    expect(client.backend().name).toBe('heap');
  });

  test('after the first metric throws, unless nothing changes', () => {
    const backend = recorded();
    new client.Counter({ name: 'c', help: 'h' });
    for (const other of [new MapBackend(), 'heap', 'memory'] as const) {
      expect(
        thrown(() => {
          client.configure({ backend: other });
        }),
      ).toContain(
        'configure({ backend }) must come before the first metric: the backend in use is',
      );
    }
    client.configure({ backend });
    client.loadBackend(backend);
    expect(thrown(() => client.loadBackend(backend, { other: 1 }))).toContain(
      'before the first metric',
    );
    expect(client.backend().name).toBe('Recording');
  });

  test('a loadBackend() that throws changes nothing', () => {
    class Unreachable extends MapBackend {
      constructor() {
        super();
        throw new Error('no route');
      }
    }
    for (const wrong of [Unreachable, './nothing-here.cjs', any(5)]) {
      thrown(() => client.loadBackend(wrong));
      expect(client.backend()).toEqual({ name: 'memory', config: {} });
    }
    client.configure({ backend: MapBackend, backendConfig: { url: 'x' } });
    expect(thrown(() => client.loadBackend(Unreachable, { url: 'y' }))).toContain('no route');
    expect(client.backend()).toEqual({ name: 'MapBackend', config: { url: 'x' } });
    new client.Counter({ name: 'c', help: 'h' }).inc();
  });

  test('takes a configuration with objects that contain themselves', () => {
    const driver: { password: string; self?: object } = { password: 'p' };
    driver.self = driver;
    const config = { client: driver, socket: new Map() };
    client.loadBackend(class extends MapBackend {}, config);
    new client.Counter({ name: 'c', help: 'h' }).inc();
    client.configure({ backendConfig: config });
    expect(client.backend().config).toMatchObject({ client: { password: '***' }, socket: '[Map]' });
  });

  test('takes a class, which is given the configuration', async () => {
    const made: unknown[] = [];
    class Own extends MapBackend {
      static initialize(config: object): void {
        made.push(['initialize', config]);
      }
      constructor(config: object) {
        super();
        made.push(['constructor', config]);
      }
    }
    const backendConfig = {
      url: 'x://u:secret@h/0',
      password: 'p',
      deep: [{ apiKey: 1, port: 2 }],
    };
    client.configure({ backend: Own, backendConfig });
    expect(made).toEqual([]);
    new client.Counter({ name: 'c', help: 'h' }).inc(3);
    new client.Counter({ name: 'd', help: 'h' }).inc(4);
    expect(made).toEqual([
      ['initialize', backendConfig],
      ['constructor', backendConfig],
    ]);
    expect(await shown()).toEqual({ c: 3, d: 4 });
    expect(client.backend()).toEqual({
      name: 'Own',
      config: { url: 'x://u:***@h/0', password: '***', deep: [{ apiKey: '***', port: 2 }] },
    });
  });

  test('of a class that throws, or makes something else, throws at the first metric', () => {
    class Throwing extends MapBackend {
      constructor() {
        super();
        throw new Error('no server');
      }
    }
    class Empty {
      readonly close = true;
    }
    client.configure({ backend: Throwing });
    const make = () => new client.Counter({ name: 'c', help: 'h' });
    expect(thrown(make)).toContain("the backend 'Throwing' cannot be made: no server");
    client.configure({ backend: any(Empty) });
    expect(thrown(make)).toContain(
      "the backend 'Empty' must be an object with a method open (a backend of cells) or push",
    );
    client.configure({ backend: new MapBackend() });
    make().inc();
  });
});

describe('an asynchronous initialize()', () => {
  /** A class whose initialization ends when `ready` or `fail` is called. */
  function slow(map = new MapBackend()) {
    let ready = (): void => undefined;
    let fail: (error: Error) => void = () => undefined;
    const opened: string[] = [];
    class Slow {
      static initialize(): Promise<void> {
        return new Promise((resolve, reject) => {
          ready = resolve;
          fail = reject;
        });
      }
      open(series: CellSeries) {
        opened.push(series.name);
        return map.open(series);
      }
    }
    client.configure({ backend: Slow });
    return {
      opened,
      ready: () => {
        ready();
      },
      fail: (error: Error) => {
        fail(error);
      },
    };
  }

  test('delays scrapes, and no update is lost', async () => {
    const { opened, ready } = slow();
    const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['a'] });
    const gauge = new client.Gauge({ name: 'g', help: 'h' });
    const histogram = new client.Histogram({ name: 'h', help: 'h', buckets: [1, 10] });
    const summary = new client.Summary({ name: 's', help: 'h' });
    const set = new client.StateSet({ name: 'e', help: 'h', states: ['x', 'y'] });
    counter.inc({ a: 'x' }, 2);
    const update = (): void => {
      counter.inc({ a: 'x' });
      gauge.inc(5);
      for (const value of [0.5, 0.25, 7, 11]) histogram.observe(value);
      for (let i = 1; i <= 1000; i++) summary.observe(i, 2);
      set.set('y', true);
    };
    update();
    counter.inc({ a: 'gone' });
    counter.remove('gone');
    let settled = false;
    const scrape = shown().finally(() => (settled = true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([settled, opened]).toEqual([false, []]);
    update();
    ready();
    expect(await scrape).toEqual({
      'c{a="x"}': 4,
      g: 10,
      'h_bucket{le="1"}': 4,
      'h_bucket{le="10"}': 6,
      'h_bucket{le="+Inf"}': 8,
      h_sum: 37.5,
      h_count: 8,
      s_sum: expect.closeTo(2 * 1001 * 1000, 5) as number,
      s_count: 4000,
      'e{e="x"}': 0,
      'e{e="y"}': 1,
    });
    expect(opened.sort()).toEqual(['c', 'e', 'g', 'h', 's']);
    update();
    expect(await shown()).toMatchObject({ 'c{a="x"}': 5, g: 15, h_count: 12, s_count: 6000 });
  });

  test('that fails rejects each scrape with its error; updates go on', async () => {
    const { fail } = slow();
    const counter = new client.Counter({ name: 'c', help: 'h' });
    counter.inc();
    fail(new Error('no password'));
    for (let i = 0; i < 2; i++) {
      expect(await rejected(text())).toBe(
        "MpmetricsError: initialize() of the backend 'Slow' failed: no password",
      );
    }
    counter.inc();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('no password');
  });
});

describe('an engine', () => {
  const engine = { name: 'sink', push: () => Promise.resolve() };

  test('is started at the first metric, whose values stay in the heap', () => {
    const { starters } = inside('backends');
    const started: unknown[] = [];
    starters.engine = (...args) => started.push(args);
    client.configure({ backend: engine, backendConfig: { every: 5 } });
    expect([started, client.backend()]).toEqual([[], { name: 'sink', config: { every: 5 } }]);
    new client.Counter({ name: 'c', help: 'h' }).inc();
    new client.Counter({ name: 'd', help: 'h' }).inc();
    expect(started).toEqual([[engine, { every: 5 }]]);
    expect(inside('storage').storageKind()).toBe('heap');
  });

  test('gets what the application has counted', async () => {
    const texts: string[] = [];
    const sink = {
      name: 'sink',
      push: async (snapshot: unknown) => {
        texts.push(await (snapshot as Snapshot).text());
      },
    };
    client.configure({
      segment: newSegment(),
      backend: sink,
      backendConfig: { intervalSeconds: 0.02 },
    });
    new client.Counter({ name: 'c', help: 'h' }).inc(5);
    await until(() => texts.some((one) => one.includes('\nc 5\n')), 'nothing is pushed');
    const wrong = { backend: sink, backendConfig: { intervalSeconds: -1 } };
    const other = await memory.load();
    other.configure(wrong);
    expect(thrown(() => new other.Counter({ name: 'c', help: 'h' }))).toContain('intervalSeconds');
  });

  test('of a class with an asynchronous initialize() is started after that', async () => {
    const { starters } = inside('backends');
    const started: unknown[] = [];
    starters.engine = (one) => started.push(one.name);
    let ready = (): void => undefined;
    class Late {
      static initialize = () => new Promise<void>((resolve) => (ready = resolve));
      readonly name = 'late';
      push = engine.push;
    }
    client.configure({ backend: Late });
    new client.Counter({ name: 'c', help: 'h' }).inc();
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual([]);
    ready();
    await new Promise((resolve) => setImmediate(resolve));
    expect(started).toEqual(['late']);
  });

  test("of mpmetrics/redis is started by the name 'redis'", () => {
    const { starters } = inside('backends');
    const started: unknown[] = [];
    starters.redis = (config) => started.push(config);
    client.configure({ backend: 'redis', backendConfig: { url: 'redis://:hidden@host' } });
    new client.Counter({ name: 'c', help: 'h' }).inc();
    expect(started).toEqual([{ url: 'redis://:hidden@host' }]);
    expect(client.backend()).toEqual({ name: 'redis', config: { url: 'redis://:***@host' } });
  });

  test('that nothing starts is an error', () => {
    inside('backends').starters.engine = null;
    client.configure({ backend: engine });
    expect(thrown(() => new client.Counter({ name: 'c', help: 'h' }))).toContain(
      'the engine sink cannot be started',
    );
  });
});
