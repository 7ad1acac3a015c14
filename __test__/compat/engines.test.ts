/** Engines in one isolate: their turns, errors, statistics and options. */
import { afterEach, describe, expect, test, vi } from 'vitest';

import type { Engine, EngineOptions, RunningEngine } from '../../ts/index';
import { LocalGateway } from '../support/local-gateway';
import { until } from '../support/patience.mjs';
import { samples } from '../support/samples';
import { heap, memory, oracle, subjects, type Client } from '../support/subject';

/** An interval in which an engine pushes at the start and when it is asked to. */
const NEVER = 86_400;

const running: RunningEngine[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((engine) => engine.close()));
  vi.restoreAllMocks();
});

function started(client: Client, engine: Engine, options: EngineOptions = {}): RunningEngine {
  const one = client.startEngine(engine, { intervalSeconds: NEVER, ...options });
  running.push(one);
  return one;
}

/** An engine that keeps the texts that were pushed. */
function keeping(name = 'kept') {
  const texts: string[] = [];
  const push: Engine['push'] = async (snapshot) => {
    texts.push(await snapshot.text());
  };
  return { name, push, texts };
}

function statistic(text: string, name: string, labels: string): number | undefined {
  return samples(text).get(`mpmetrics_engine_${name}{${labels}}`);
}

describe.each(subjects)('$name', ({ load }) => {
  test('pushes at once, in each interval, when asked, and one last time', async () => {
    const client = await load();
    const counter = new client.Counter({ name: 'c', help: 'h' });
    counter.inc(3);
    const engine = keeping();
    const one = started(client, engine, { intervalSeconds: 0.01 });
    expect(one.elected).toBe(false);
    await until(() => engine.texts.length >= 3, 'there are no three pushes');
    expect(one.elected).toBe(true);
    expect(engine.texts[0]).toContain('\nc 3\n');
    counter.inc();
    await one.flush();
    expect(engine.texts.at(-1)).toContain('\nc 4\n');
    counter.inc();
    await one.close();
    expect(engine.texts.at(-1)).toContain('\nc 5\n');
    expect(one.elected).toBe(false);
    const { length } = engine.texts;
    await one.flush();
    await one.close();
    expect(engine.texts).toHaveLength(length);
    expect(statistic(await client.register.metrics(), 'pushes_total', 'engine="kept"')).toBe(
      length,
    );
  });

  test('leaves out turns while a push is under way; flush() and close() wait for it', async () => {
    const client = await load();
    const done: (() => void)[] = [];
    const log: string[] = [];
    const engine: Engine = {
      name: 'slow',
      push: () =>
        new Promise((resolve) => {
          log.push('push');
          done.push(() => {
            log.push('pushed');
            resolve();
          });
        }),
      close: () => {
        log.push('close');
        return Promise.resolve();
      },
    };
    const one = started(client, engine, { intervalSeconds: 0.001 });
    await until(() => log.length > 0, 'there is no push');
    for (let ticks = 0; ticks < 20; ticks++) await new Promise((tick) => setTimeout(tick, 2));
    expect(log).toEqual(['push']);
    const flushed = one.flush();
    const closed = one.close();
    expect(log).toEqual(['push']);
    for (let push = 0; push < 3; push++) {
      await until(() => done.length > push, `push ${String(push)} does not begin`);
      done[push]!();
    }
    await flushed;
    await closed;
    expect(log).toEqual([...Array.from({ length: 3 }, () => ['push', 'pushed']).flat(), 'close']);
  });

  test('counts errors by reason, code or cause, warns once for each, and goes on', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const client = await load();
    const errors: unknown[] = [
      Object.assign(new Error('first'), { reason: 'full', code: 'EOTHER' }),
      Object.assign(new Error('second'), { reason: 'full' }),
      Object.assign(new Error('third'), { code: 'ECONNREFUSED' }),
      new TypeError('fetch failed', {
        cause: Object.assign(new Error('x'), { code: 'ENOTFOUND' }),
      }),
      Object.assign(new Error('fifth'), { reason: 'at 12:30:01 nothing worked' }),
      Object.assign(new Error('sixth'), { reason: 'x'.repeat(41) }),
      'thrown',
      undefined,
    ];
    let turn = 0;
    const engine: Engine = {
      name: 'failing',
      push: () => {
        if (++turn === 1) return Promise.resolve();
        throw errors[turn - 2];
      },
      close: () => Promise.reject(Object.assign(new Error('closed'), { reason: 'busy' })),
    };
    const one = started(client, engine);
    await until(() => turn === 1, 'there is no push');
    for (const error of errors) {
      await expect(one.flush()).rejects.toBe(error);
    }
    turn = 0;
    await one.close();
    const text = await client.register.metrics();
    const counted = (reason: string) =>
      statistic(text, 'errors_total', `engine="failing",reason="${reason}"`);
    expect(['full', 'ECONNREFUSED', 'ENOTFOUND', 'error', 'busy'].map(counted)).toEqual([
      ...[2, 1, 1, 4, 1],
    ]);
    expect(statistic(text, 'pushes_total', 'engine="failing"')).toBe(2);
    const messages = warned.mock.calls
      .filter(([, options]) => (options as { code?: string }).code === 'MPMETRICS_ENGINE')
      .map(([message]) => message);
    const about = (what: string) => `the engine failing failed, and tries again: ${what}`;
    expect(messages).toEqual(['first', 'third', 'fetch failed', 'fifth', 'closed'].map(about));
  });

  test('shows the lag of each engine that pushes; goes on after register.clear()', async () => {
    const client = await load();
    const [a, b] = [keeping('a'), keeping('b')];
    const [one, two] = [started(client, a), started(client, b)];
    await until(() => a.texts.length + b.texts.length === 2, 'there are no two pushes');
    const lags = async () => {
      const text = await client.register.metrics();
      return ['a', 'b'].map((name) => statistic(text, 'lag_seconds', `engine="${name}"`));
    };
    const before = await lags();
    expect(before.every((lag) => lag! >= 0)).toBe(true);
    await until(async () => (await lags()).every((lag, i) => lag! > before[i]!), 'no lag grows');
    await two.close();
    expect((await lags()).map((lag) => typeof lag)).toEqual(['number', 'undefined']);
    client.register.clear();
    await one.flush();
    expect((await lags()).map((lag) => typeof lag)).toEqual(['number', 'undefined']);
    await one.close();
    expect(await lags()).toEqual([undefined, undefined]);
    expect(
      statistic(await client.register.metrics(), 'pushes_total', 'engine="a"'),
    ).toBeGreaterThan(0);
  });

  test('pushes the registry that is named, with its prefix', async () => {
    const client = await load();
    const register = new client.Registry({ prefix: 'shop_' });
    new client.Counter({ name: 'c', help: 'h', registers: [register] }).inc();
    new client.Counter({ name: 'other', help: 'h' }).inc();
    const engine = keeping();
    await started(client, engine, { register }).close();
    expect(engine.texts).toHaveLength(2);
    expect(engine.texts[1]).toContain('\nshop_c 1\n');
    expect(engine.texts[1]).toContain('\nshop_mpmetrics_engine_pushes_total{engine="kept"} 1\n');
    expect(engine.texts[1]).not.toContain('other');
  });

  test('the error for an invalid argument or option names it, the rule and the value', async () => {
    const client = await load();
    const { push } = keeping();
    const promClient = (await oracle.load()).register;
    const refused: [unknown, unknown, string][] = [
      [undefined, {}, 'engine must be an object with a name and a method push, and is undefined'],
      [{ push }, {}, "the engine's name must be a text that is not empty, and is undefined"],
      [{ name: '', push }, {}, "the engine's name must be a text that is not empty, and is ''"],
      [{ name: 'x' }, {}, 'push of the engine x must be a function, and is undefined'],
      [
        { name: 'x', push, close: 5 },
        {},
        'close of the engine x must be a function, or left out, and is 5',
      ],
      [
        { name: 'x', push, pull: 'y' },
        {},
        "pull of the engine x must be a function, or left out, and is 'y'",
      ],
      [{ name: 'x', push }, 7, "startEngine()'s options must be an object, and is 7"],
      [
        { name: 'x', push },
        { intervalSeconds: 0 },
        'intervalSeconds must be a number above 0, at most 86400, and is 0',
      ],
      [
        { name: 'x', push },
        { intervalSeconds: '15' },
        "intervalSeconds must be a number above 0, at most 86400, and is '15'",
      ],
      [{ name: 'x', push }, { register: null }, 'register must be a registry of this package'],
      [
        { name: 'x', push },
        { register: promClient },
        'register must be a registry of this package',
      ],
    ];
    for (const [engine, options, message] of refused) {
      expect(() => client.startEngine(engine as Engine, options as EngineOptions)).toThrow(message);
    }
    new client.Gauge({ name: 'mpmetrics_engine_pushes_total', help: 'h' });
    expect(() => client.startEngine({ name: 'x', push })).toThrow('mpmetrics_engine_pushes_total');
  });

  test('pushes go on, and close() resolves, if another metric takes the name of a statistic', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const client = await load();
    const engine = keeping();
    const close = vi.fn(() => Promise.resolve());
    const one = started(client, { ...engine, close });
    await one.flush();
    client.register.clear();
    new client.Gauge({ name: 'mpmetrics_engine_pushes_total', help: 'h' }).set(7);
    await one.flush();
    expect(engine.texts.at(-1)).toContain('\nmpmetrics_engine_pushes_total 7\n');
    await one.close();
    expect(close).toHaveBeenCalledTimes(1);
    expect(one.elected).toBe(false);
    expect(warned).toHaveBeenCalledTimes(1);
    expect(warned.mock.calls[0]![0]).toContain('mpmetrics_engine_pushes_total');
  });

  test('a misspelt option causes a warning', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const client = await load();
    started(client, keeping(), { intervalSecond: 5 } as EngineOptions);
    expect(warned.mock.calls.map(([message]) => message)).toContain(
      'startEngine() has an option intervalSecond, which does not exist and has no effect: intervalSeconds is likely meant',
    );
  });
});

test('of two engines of one name, one pushes; in memory storage both do', async () => {
  const counts = async ({ load }: typeof heap) => {
    const client = await load();
    const engine = keeping();
    const [one, two] = [started(client, engine), started(client, engine)];
    await one.flush();
    await two.flush();
    return { pushes: engine.texts.length, elected: [one.elected, two.elected] };
  };
  expect(await counts(heap)).toEqual({ pushes: 2, elected: [true, false] });
  expect(await counts(memory)).toEqual({ pushes: 4, elected: [true, true] });
});

test("a Pushgateway pushes prom-client's registry in an interval, which shows no statistics", async () => {
  const client = await heap.load();
  const promClient = await oracle.load();
  new promClient.Counter({ name: 'c', help: 'h' }).inc();
  const gateway = await LocalGateway.start();
  const { register } = promClient;
  const one = new client.Pushgateway(`http://${gateway.host}`, {}, register).start({
    jobName: 'j',
  });
  await one.flush();
  await one.close();
  gateway.stop();
  expect(gateway.pushes.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'PUT']);
  expect(gateway.pushes[2]!.body).toBe('# HELP c h\n# TYPE c counter\nc 1\n');
});
