/** Engines: one isolate of an application pushes for all, and another goes on when it dies, ends or closes. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';
import { Recorder, type Pushed } from '../support/recorder';
import { samples } from '../support/samples';

/** An interval in which nothing is pushed but the first time, and when a test asks for it. */
const NEVER = '86400';
const OFTEN = '0.05';

let app: Application;
let recorder: Recorder;

beforeEach(async () => {
  app = new Application({ 'application.js': source('processes/engines/application.cjs') });
  recorder = await Recorder.start();
});

afterEach(() => {
  app.remove();
  recorder.end();
});

/** One isolate of the application. */
interface Isolate {
  readonly program: Program;
  /** The number by which its program knows it. */
  readonly to: number;
  /** Its pid and the number of its thread. */
  readonly who: string;
}

/** Starts programs that share a segment. Returns all of their isolates. */
async function started(programs: number, env: Record<string, string>): Promise<Isolate[]> {
  const all = { MPMETRICS_SEGMENT: segment(), URL: recorder.url, ...env };
  const running = Array.from({ length: programs }, () => app.run('application.js', { env: all }));
  const isolates = running.map(async (program) => {
    const names = JSON.parse(await program.line()) as string[];
    return names.map((who, to) => ({ program, to, who }));
  });
  return (await Promise.all(isolates)).flat();
}

function segment(): string {
  return join(app.segmentsIn, 'test.heap');
}

async function call<T>({ program, to }: Isolate, name: string, ...args: unknown[]): Promise<T> {
  program.tell(JSON.stringify({ to, call: name, args }));
  return JSON.parse(await program.line()) as T;
}

async function elected(isolates: Isolate[]): Promise<Isolate[]> {
  const found: Isolate[] = [];
  for (const isolate of isolates) {
    if (await call<boolean>(isolate, 'elected')) found.push(isolate);
  }
  return found;
}

/** Waits for a push that fits, among those after the first `since`. */
async function pushed(
  what: string,
  fits: (push: Pushed) => boolean,
  since = recorder.pushes.length,
): Promise<Pushed> {
  const found = await until(
    () => recorder.pushes.slice(since).find(fits),
    () => `no push ${what}, and the last one was ${JSON.stringify(recorder.pushes.at(-1)?.who)}`,
  );
  return found!;
}

const counted = ({ seen }: Pushed) => seen.get('counted_total');

const pidOf = ({ who }: { who: string }) => who.split('/')[0];

async function kill({ program }: Isolate): Promise<void> {
  program.child.kill('SIGKILL');
  await program.ended;
}

test('of four processes with two threads each, one isolate pushes; when it is killed, another goes on; the last push is exact', async () => {
  let living = await started(4, { INTERVAL: OFTEN, THREADS: '1' });
  expect(new Set(living.map(({ who }) => who)).size).toBe(8);
  for (const isolate of living) await call(isolate, 'count', 1);
  const order: string[] = [];
  for (let round = 0; round < 3; round++) {
    const push = await pushed('shows all counts', (one) => counted(one) === 8);
    const [one, ...more] = await elected(living);
    expect(more).toEqual([]);
    expect(one?.who).toBe(push.who);
    // It pushes again, and no other does.
    const since = recorder.pushes.length;
    await until(() => recorder.pushes.length >= since + 3, 'nothing is pushed');
    expect(new Set(recorder.pushes.slice(since).map(({ who }) => who))).toEqual(
      new Set([push.who]),
    );
    order.push(push.who);
    await kill(one!);
    living = living.filter(({ program }) => program !== one!.program);
  }
  expect(new Set(order).size).toBe(3);
  expect(living).toHaveLength(2);
  for (const isolate of living) await call(isolate, 'count', 100);
  // The one that is closed last pushes what both counted.
  for (const isolate of living) await call(isolate, 'close');
  expect(counted(recorder.pushes.at(-1)!)).toBe(208);
  expect(recorder.closed).toEqual(living.map(({ who }) => who));
  const since = recorder.pushes.length;
  for (const isolate of living) expect(await call(isolate, 'flush')).toBe('flushed');
  expect(await elected(living)).toEqual([]);
  expect(recorder.pushes).toHaveLength(since);
}, 120_000);

test('a worker thread that ends gives the election up, also while its process lives', async () => {
  const [main, first, second] = await started(1, { INTERVAL: OFTEN, THREADS: '2' });
  await pushed('by the main thread or a worker', () => true, 0);
  await call(main!, 'close');
  const { who } = await pushed('by a worker', ({ who }) => who !== main!.who);
  const [one, other] = who === first!.who ? [first!, second!] : [second!, first!];
  await call(main!, 'terminate', one.to);
  await pushed('by the other worker', (push) => push.who === other.who);
  expect(await elected([other])).toEqual([other]);
});

test('a stopped process stays elected, and pushes again when it goes on', async () => {
  const isolates = await started(3, { INTERVAL: OFTEN });
  const { who } = await pushed('by one of them', () => true, 0);
  const stopped = isolates.find((isolate) => isolate.who === who)!;
  const others = isolates.filter((isolate) => isolate !== stopped);
  stopped.program.child.kill('SIGSTOP');
  // Each flush stands for election.
  for (let i = 0; i < 5; i++) {
    for (const other of others) expect(await call(other, 'flush')).toBe('flushed');
  }
  expect(await elected(others)).toEqual([]);
  expect(new Set(recorder.pushes.map((push) => push.who))).toEqual(new Set([who]));
  await call(others[0]!, 'count', 5);
  stopped.program.child.kill('SIGCONT');
  expect((await pushed('shows the count', (push) => counted(push) === 5)).who).toBe(who);
});

test('the statistics count each push, and each error by its reason, over the death of the elected process', async () => {
  const all = await started(2, { INTERVAL: NEVER });
  await pushed('at the start', () => true, 0);
  const [one] = await elected(all);
  const other = all.find((isolate) => isolate !== one)!;
  const flush = (isolate: Isolate) => call<string>(isolate, 'flush');
  recorder.refusal = { reason: 'full' };
  expect(await flush(one!)).toBe('status 503');
  expect(await flush(one!)).toBe('status 503');
  recorder.refusal = { reason: 'a message with the time 12:31, which is no label' };
  expect(await flush(one!)).toBe('status 503');
  recorder.refusal = null;
  expect(await flush(one!)).toBe('flushed');
  // It is not elected, so its flush pushes nothing.
  expect(await flush(other)).toBe('flushed');
  expect(recorder.pushes).toHaveLength(2);
  const pushes = 'mpmetrics_engine_pushes_total{engine="recorder"}';
  const full = 'mpmetrics_engine_errors_total{engine="recorder",reason="full"}';
  const error = 'mpmetrics_engine_errors_total{engine="recorder",reason="error"}';
  const lag = 'mpmetrics_engine_lag_seconds{engine="recorder"}';
  const scrape = async () => samples(await call<string>(other, 'scrape'));
  const seen = await scrape();
  expect([pushes, full, error].map((name) => seen.get(name))).toEqual([2, 2, 1]);
  expect(seen.get(lag)).toBeGreaterThan(0);
  // The time of the last push is that of the flush above, and the process that was asked is not the one that knows it.
  await until(async () => (await scrape()).get(lag)! > seen.get(lag)!, 'the lag does not grow');

  await kill(one!);
  expect((await scrape()).has(lag)).toBe(false);
  expect(await flush(other)).toBe('flushed');
  await call(other, 'close');
  expect(recorder.pushes).toHaveLength(4);
  const last = await scrape();
  expect([pushes, full, error].map((name) => last.get(name))).toEqual([4, 2, 1]);
  expect(last.has(lag)).toBe(false);
  // One warning for each reason.
  expect(one!.program.errors.match(/MPMETRICS_ENGINE/g)).toHaveLength(2);
  expect(one!.program.errors).toContain('the engine recorder failed, and tries again: status 503');
});

test('an engine keeps no process alive', async () => {
  const [one] = await started(1, { INTERVAL: OFTEN });
  await pushed('by the process', () => true, 0);
  one!.program.child.stdin!.end();
  expect(await one!.program.ended).toBe(0);
});

test('a cluster: the primary pushes for its workers; a worker goes on when it is closed, and another when that is killed', async () => {
  // The scope is that of scrapes. An engine pushes for the application.
  const env = { INTERVAL: OFTEN, CLUSTER: '2', MPMETRICS_SCOPE: 'process' };
  const [primary, ...workers] = await started(1, env);
  for (const isolate of [primary!, ...workers]) await call(isolate, 'count', 10);
  await pushed('shows all counts', (push) => counted(push) === 30);
  await call(primary!, 'close');
  const { who } = await pushed('by a worker', (push) => push.who !== primary!.who);
  process.kill(Number(pidOf({ who })), 'SIGKILL');
  const other = workers.find((worker) => worker.who !== who)!;
  const push = await pushed('by the other worker', (one) => one.who === other.who);
  expect(counted(push)).toBe(30);
  await call(other, 'count', 1);
  await call(other, 'close');
  expect(counted(recorder.pushes.at(-1)!)).toBe(31);
});

test('when a stranger removes the file of the segment, the election goes on in the copy', async () => {
  const isolates = await started(3, { INTERVAL: OFTEN });
  for (const isolate of isolates) await call(isolate, 'count', 1);
  await pushed('shows all counts', (push) => counted(push) === 3);
  rmSync(segment());
  // All have followed once each has counted in the copy.
  for (const isolate of isolates) await call(isolate, 'count', 1);
  const settled = async () => {
    const found = await elected(isolates);
    const { who } = await pushed('after the removal', () => true);
    return found.length === 1 && found[0]!.who === who && found[0];
  };
  const one = (await until(settled, 'not exactly one isolate is elected')) as Isolate;
  await pushed('shows all counts', (push) => counted(push) === 6);
  // This process has the copy only. It is not elected, because the others stand there, too.
  const [late] = await started(1, { INTERVAL: OFTEN });
  for (let i = 0; i < 5; i++) await call(late!, 'flush');
  expect(await elected([...isolates, late!])).toEqual([one]);
  await kill(one);
  const rest = [...isolates, late!].filter((isolate) => isolate !== one);
  await pushed('by another process', ({ who }) => rest.some((other) => other.who === who));
  await call(rest[0]!, 'count', 1);
  for (const isolate of rest) await call(isolate, 'close');
  expect(counted(recorder.pushes.at(-1)!)).toBe(7);
});

test('in memory storage each isolate is an application of its own, and pushes', async () => {
  const isolates = await started(2, { INTERVAL: OFTEN, MPMETRICS_STORAGE: 'memory' });
  for (const { who } of isolates) await pushed(`by ${who}`, (push) => push.who === who, 0);
  expect(await elected(isolates)).toEqual(isolates);
});
