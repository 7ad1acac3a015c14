/** A scrape by any process runs the callbacks of all living processes and threads, and shows their values. */
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const ALL = ['primary', 'worker1', 'worker2', 'worker3', 'thread'];

test('a scrape by a primary, a worker, a thread or a separate program runs every callback once', async () => {
  const app = new Application({
    'metrics.js': source('processes/collect/metrics.js'),
    'app.js': source('processes/collect/server.cjs'),
    'thread.js': source('processes/collect/thread.cjs'),
    'program.js': source('processes/collect/program.cjs'),
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'collect.heap') };
  const server = app.run('app.js', { env });
  let scrapes = 0;
  const check = (text: string): void => {
    scrapes++;
    const values = samples(text);
    for (const who of ALL) {
      expect(values.get(`calls{who="${who}"}`), `${who} in scrape ${scrapes}`).toBe(scrapes);
      expect(values.get(`later{who="${who}"}`), `${who} in scrape ${scrapes}`).toBe(scrapes);
    }
    expect(values.get('living')).toBe(ALL.length);
  };
  for (let i = 0; i < 3 * ALL.length; i++) check(JSON.parse(await server.line()) as string);
  expect(await server.line()).toBe('"over"');
  const program = app.run('program.js', { env });
  for (let i = 0; i < 4; i++) check(JSON.parse(await program.line()) as string);
  expect(JSON.parse(await program.line())).toEqual([{ labels: {}, value: ALL.length }]);
  expect(await program.ended).toBe(0);
});

test('a callback that is assigned after the option `collect: undefined` runs for scrapes of other processes', async () => {
  const [one, other] = obedient(2, made);
  await ask(
    other!,
    `const gauge = new mpmetrics.Gauge({ name: 'late', help: 'h', collect: undefined });
     gauge.collect = function () { this.set(5); };`,
  );
  expect((await scraped(one!)).seen.get('late')).toBe(5);
});

test('metric.get() runs the callbacks of other processes; a scrape with scope process does not', async () => {
  const [one, other] = obedient(2, made);
  await ask(one!, "calls('calls', 'one')");
  await ask(other!, "calls('calls', 'other')");
  const values = await ask(
    one!,
    "return (await mpmetrics.register.getSingleMetric('calls').get()).values.map(({ value }) => value)",
  );
  expect(values).toEqual([1, 1]);
  await ask(one!, "await mpmetrics.register.metrics({ scope: 'process' })");
  await ask(one!, 'await mpmetrics.register.getMetricsAsJSON()');
  const { seen } = await scraped(one!);
  expect([...seen].sort()).toEqual([
    ['calls{who="one"}', 4],
    ['calls{who="other"}', 2],
  ]);
});

test('many scrapes at once show fresh values, and share calls of the callbacks in other processes', async () => {
  const [one, other] = obedient(2, made);
  await ask(other!, "calls('calls', 'other', () => sleep(20))");
  const { least, ms } = await ask<{ least: number; ms: number }>(
    one!,
    `const begun = performance.now();
     const texts = await Promise.all(Array.from({ length: 50 }, () => mpmetrics.register.metrics()));
     const each = texts.map((text) => Number(/^calls.* (\\d+)$/m.exec(text)[1]));
     return { least: Math.min(...each), ms: performance.now() - begun };`,
  );
  expect(least).toBeGreaterThan(0);
  expect(ms).toBeLessThan(1_000);
  const { seen } = await scraped(one!);
  // The 50 scrapes share two calls: one that is in flight, and the next. The last scrape causes a third call. The test
  // allows a fourth.
  expect(seen.get('calls{who="other"}')).toBeLessThanOrEqual(4);
});

test('a call that was in flight when a scrape began is no answer to that scrape', async () => {
  const [one, other] = obedient(2, made);
  await ask(
    other!,
    `let n = 0;
     new mpmetrics.Gauge({
       name: 'calls', help: 'h',
       async collect() { const value = ++n; await sleep(300); this.set(value); },
     });`,
  );
  const seen = await ask(
    one!,
    `const first = mpmetrics.register.metrics();
     await sleep(100);
     const texts = await Promise.all([first, mpmetrics.register.metrics()]);
     return texts.map((text) => Number(/^calls.* (\\d+)$/m.exec(text)[1]));`,
  );
  expect(seen).toEqual([1, 2]);
});

test('a callback that is assigned later, or defined in a subclass, runs for scrapes of other processes', async () => {
  const [one, other] = obedient(2, made);
  await ask(
    other!,
    `kept.late = new mpmetrics.Gauge({ name: 'late', help: 'l' });
     class Own extends mpmetrics.Gauge { collect() { this.inc(); } }
     kept.own = new Own({ name: 'own', help: 'o' });`,
  );
  let { seen } = await scraped(one!);
  expect(Object.fromEntries(seen)).toEqual({ late: 0, own: 1 });
  await ask(other!, 'kept.late.collect = () => kept.late.inc()');
  ({ seen } = await scraped(one!));
  expect(Object.fromEntries(seen)).toEqual({ late: 1, own: 2 });
  expect(await ask(other!, 'return Object.keys(kept.late).includes("collect")')).toBe(true);
  // Scrapes of other processes do not run the callback while its metric is not in the registry.
  await ask(other!, "mpmetrics.register.removeSingleMetric('late')");
  ({ seen } = await scraped(one!));
  expect(Object.fromEntries(seen)).toEqual({ own: 3 });
  await ask(other!, 'mpmetrics.register.registerMetric(kept.late)');
  ({ seen } = await scraped(one!));
  expect(Object.fromEntries(seen)).toEqual({ late: 2, own: 4 });
});

test('a process whose last callback is removed is not waited for, until it has a callback again', async () => {
  const [one, other] = obedient(2, made);
  await ask(
    other!,
    "calls('calls', 'other'); kept.plain = new mpmetrics.Gauge({ name: 'p', help: 'p' })",
  );
  await scraped(one!);
  await ask(other!, "mpmetrics.register.removeSingleMetric('calls')");
  await scraped(one!);
  await ask(other!, 'for (let i = 0; i < 100 && threads().length > 0; i++) await sleep(20)');
  expect(await ask(other!, 'return threads()')).toEqual([]);
  await ask(other!, "calls('again', 'other')");
  expect((await scraped(one!)).seen.get('again{who="other"}')).toBe(1);
});

test("two copies of the package in one process run each other's callbacks", async () => {
  const [one] = obedient(1, made);
  const seen = await ask(
    one!,
    `calls('calls', 'first');
     for (const key of Object.keys(require.cache)) if (!key.endsWith('.node')) delete require.cache[key];
     const copy = require('mpmetrics');
     if (copy.register === mpmetrics.register) return 'the same copy';
     let n = 0;
     new copy.Gauge({ name: 'copied', help: 'h', collect() { this.set(++n); } });
     await mpmetrics.register.metrics();
     return [...(await mpmetrics.register.metrics()).matchAll(/^[a-z].* (\\d+)$/gm)].map(([line]) => line).sort()`,
  );
  expect(seen).toEqual(['calls{who="first"} 2', 'copied 2']);
});

// The first copy still reports after it has stopped collecting into another registry. A copy whose
// collectDefaultMetrics() threw an error does not keep the other copy from reporting.
test('two copies of the package in one process report each default metric once', async () => {
  const [one] = obedient(1, made);
  const seen = await ask(
    one!,
    `const name = 'process_start_time_seconds';
     const has = (client) => client.register.getSingleMetric(name) !== undefined;
     for (const key of Object.keys(require.cache)) if (!key.endsWith('.node')) delete require.cache[key];
     const copy = require('mpmetrics');
     mpmetrics.collectDefaultMetrics();
     mpmetrics.collectDefaultMetrics({ register: new mpmetrics.Registry() })();
     copy.collectDefaultMetrics();
     const during = [has(mpmetrics), has(copy)];
     mpmetrics.register.clear();
     new mpmetrics.Counter({ name, help: 'h' });
     let thrown = '';
     try { mpmetrics.collectDefaultMetrics(); } catch (error) { thrown = error.message; }
     mpmetrics.register.clear();
     copy.collectDefaultMetrics();
     return [...during, /already/.test(thrown), has(copy)]`,
  );
  expect(seen).toEqual([true, false, true, true]);
});
