/** Collectors run in the process that scrapes; with `everywhere` in all living processes and threads. */
import { afterEach, expect, test } from 'vitest';

import type { Application } from '../support/application';
import { ask, obedient, performing, scraped } from '../support/obedient';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

const register = (...args: unknown[]) => performing('processes/collectors/register.cjs', ...args);

test('with everywhere, a scrape in any process runs the collectors of all, and a killed process leaves no series', async () => {
  const [one, other, none] = obedient(3, made);
  await ask(one!, register('one', true));
  await ask(other!, register('other', true));
  for (let scrape = 1; scrape <= 3; scrape++) {
    for (const [i, program] of [one!, other!, none!].entries()) {
      const { seen } = await scraped(program);
      const calls = 3 * (scrape - 1) + i + 1;
      expect(seen.get('yielded{who="one"}')).toBe(calls);
      expect(seen.get('yielded{who="other"}')).toBe(calls);
      expect(seen.get('yielding')).toBe(2);
    }
  }
  other!.child.kill('SIGKILL');
  await other!.ended;
  const { seen } = await scraped(none!);
  expect(seen.get('yielded{who="one"}')).toBe(10);
  expect(seen.has('yielded{who="other"}')).toBe(false);
  expect(seen.get('yielding')).toBe(1);
  // The heap does not grow: the series of each scrape reuse the places of earlier ones.
  const before = await ask<{ usedBytes: number }>(one!, 'return stats()');
  for (let i = 0; i < 50; i++) await ask(one!, 'return scrape()');
  const after = await ask<{ usedBytes: number; series: number }>(one!, 'return stats()');
  expect(after.usedBytes).toBe(before.usedBytes);
  expect(after.series).toBeLessThan(20);
});

test('without everywhere, only collectors of the scraping process run, and others do not see their metrics', async () => {
  const [one, other] = obedient(2, made);
  await ask(one!, register('one', false));
  await ask(other!, register('other', false));
  for (let scrape = 1; scrape <= 2; scrape++) {
    const { seen } = await scraped(one!);
    expect(seen.get('yielded{who="one"}')).toBe(scrape);
    expect(seen.has('yielded{who="other"}')).toBe(false);
  }
  const { seen } = await scraped(other!);
  expect([...seen]).toEqual([
    ['yielded{who="other"}', 1],
    ['yielding', 1],
  ]);
});

test('a yielded metric is left out if another process has a family of its name in the heap', async () => {
  const [one, other] = obedient(2, made);
  await ask(one!, "new mpmetrics.Gauge({ name: 'yielding', help: 'h' }).set(7)");
  await ask(other!, register('other', false));
  const { text } = await ask<{ text: string }>(other!, 'return scrape()');
  expect(text.match(/^yielding.*$/gm)).toEqual(['yielding 7']);
  expect(text).toContain('yielded{who="other"} 1\n');
  const names = await ask<string[]>(
    other!,
    `return (await mpmetrics.register.getMetricsAsJSON({ scope: 'application' })).map(({ name }) => name)`,
  );
  expect(names.sort()).toEqual(['yielded', 'yielding']);
});

test('a collector that a thread registers runs until the thread ends', async () => {
  const [one] = obedient(1, made);
  await ask(one!, `await ${performing('processes/collectors/start-thread.cjs')}`);
  const { seen } = await scraped(one!);
  expect(seen.get('yielded{who="thread"}')).toBe(1);
  expect((await scraped(one!)).seen.get('yielded{who="thread"}')).toBe(2);
  await ask(one!, 'await kept.thread.terminate()');
  expect((await scraped(one!)).seen.has('yielded{who="thread"}')).toBe(false);
});

test('simultaneous scrapes all print the yielded metrics', async () => {
  const [one, other, none] = obedient(3, made);
  await ask(one!, register('one', true));
  await ask(other!, register('other', true));
  const SCRAPES = 20;
  const scrape = `const texts = [];
    for (let i = 0; i < ${SCRAPES}; i++) {
      const two = [mpmetrics.register.metrics(), mpmetrics.register.metrics()];
      texts.push(...await Promise.all(two));
    }
    return texts`;
  const programs = [one!, other!, none!];
  const all = await Promise.all(programs.map((program) => ask<string[]>(program, scrape)));
  const texts = all.flat();
  expect(texts).toHaveLength(programs.length * SCRAPES * 2);
  const without = texts.filter((text) => !/^yielding 2$/m.test(text));
  expect(without).toEqual([]);
});

test('a metric that a process declares replaces a yielded metric of its name, in scrapes of all processes', async () => {
  const [one, none] = obedient(2, made);
  await ask(one!, register('one', true));
  expect((await scraped(none!)).seen.get('yielding')).toBe(1);
  await ask(one!, "new mpmetrics.Gauge({ name: 'yielding', help: 'h' }).set(7)");
  expect((await scraped(none!)).seen.get('yielding')).toBe(7);
  expect((await scraped(one!)).seen.get('yielding')).toBe(7);
});

test('a registry without a name and without metrics asks other processes, too', async () => {
  const [one, other] = obedient(2, made);
  const collect = `() => {
    const yielding = new mpmetrics.Gauge({ name: 'yielding', help: 'y', registers: [] });
    yielding.set(1);
    return [yielding];
  }`;
  for (const program of [one!, other!]) {
    await ask(
      program,
      `kept.r = new mpmetrics.Registry();
       kept.r.registerCollector({ collect: ${collect} }, { everywhere: true })`,
    );
  }
  for (let scrape = 0; scrape < 2; scrape++) {
    expect(await ask(one!, 'return kept.r.metrics()')).toContain('yielding 2\n');
  }
});

test('the collect callback of a yielded metric runs for scrapes of every process', async () => {
  const [one, none] = obedient(2, made);
  await ask(
    one!,
    `const collect = () => [new mpmetrics.Gauge({
       name: 'g', help: 'h', registers: [], collect() { this.set(5); }
     })];
     mpmetrics.register.registerCollector({ collect }, { everywhere: true })`,
  );
  expect((await scraped(none!)).seen.get('g')).toBe(5);
  expect((await scraped(one!)).seen.get('g')).toBe(5);
});
