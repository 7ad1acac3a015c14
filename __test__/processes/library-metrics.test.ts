/** The library's own metrics describe the application: each process shows the same figures, and they are right. */
import { spawnSync } from 'node:child_process';

import { afterEach, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import type { Application, Program } from '../support/application';
import { ask, obedient, scraped } from '../support/obedient';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

interface Stats {
  usedBytes: number;
  reservedBytes: number;
  limitBytes: number;
  series: number;
  families: number;
}

/** The library's own metrics in a scrape, by name without the prefix. */
function own(seen: Map<string, number>): Record<string, number> {
  const entries = [...seen].filter(([name]) => name.startsWith('mpmetrics_'));
  return Object.fromEntries(entries.map(([name, value]) => [name.slice(10), value]));
}

test('three processes show the same figures after a kill, dropped updates and scrapes that one process does not answer', async () => {
  const [one, two, victim, plain] = obedient(4, made);
  const limits = 'mpmetrics.configure({ maxSeriesPerMetric: 30, maxLabelValueBytes: 20 });';
  for (const program of [one!, two!, victim!, plain!]) await ask(program, limits);
  await ask(one!, 'kept.end = mpmetrics.collectLibraryMetrics()');
  await ask(two!, 'mpmetrics.collectLibraryMetrics()');
  const counter = `kept.c = new mpmetrics.Counter({ name: 'c', help: 'c', labelNames: ['n'] });`;
  await ask(victim!, `${counter} kept.c.inc({ n: 1 });`);
  await ask(plain!, `${counter} kept.c.inc({ n: 2 });`);
  const before = own((await scraped(plain!)).seen);
  expect(before).toMatchObject({ writers: 4, adoptions_total: 0, collect_timeouts_total: 0 });
  victim!.child.kill('SIGKILL');
  await victim!.ended;
  expect(own((await scraped(two!)).seen)).toMatchObject({ writers: 3, adoptions_total: 0 });

  // 28 more label sets have room. Ten updates with long values are dropped, and a hundred with further label sets.
  await ask(plain!, `for (let n = 3; n <= 30; n++) kept.c.inc({ n });`);
  await ask(plain!, `for (let n = 0; n < 10; n++) kept.c.inc({ n: 'x'.repeat(21 + n) });`);
  await ask(plain!, `for (let n = 0; n < 100; n++) kept.c.inc({ n: 'random' + n });`);
  await ask(plain!, `kept.c.remove(7)`);
  await ask(plain!, `await mpmetrics.register.metrics()`);

  // The next process adopts the slot. Its callback never settles, so each scrape waits until `collectTimeout`.
  const [deaf] = [
    made[0]!.run('obey.js', { env: { MPMETRICS_SEGMENT: `${made[0]!.segmentsIn}/test.heap` } }),
  ];
  await ask(deaf, "calls('calls', 'deaf', () => new Promise(() => {}))");
  await ask(one!, 'mpmetrics.configure({ collectTimeout: 50 })');
  for (const scraper of [one!, two!, plain!]) {
    await ask(scraper, 'mpmetrics.configure({ collectTimeout: 50 })');
    const { seen } = await scraped(scraper);
    const stats = await ask<Stats>(scraper, 'return stats()');
    expect(own(seen)).toMatchObject({
      writers: 4,
      adoptions_total: 1,
      heap_used_bytes: stats.usedBytes,
      heap_reserved_bytes: stats.reservedBytes,
      heap_limit_bytes: 2 ** 30,
      series: stats.series,
      families: stats.families,
      removed_series_total: 1,
      dropped_lives_total: 0,
      dropped_exemplars_total: 0,
      unranked_observations_total: 0,
      clamped_observations_total: 0,
      damaged_reads_total: 0,
      torn_reads_total: 0,
      lock_timeouts_total: 0,
      'dropped_updates_total{reason="metric_series"}': 100,
      'dropped_updates_total{reason="label_value"}': 10,
      'dropped_updates_total{reason="memory"}': 0,
      'dropped_updates_total{reason="series"}': 0,
      'dropped_updates_total{reason="label_text"}': 0,
      'dropped_updates_total{reason="layout"}': 0,
      'dropped_updates_total{reason="busy"}': 0,
    });
  }
  const { seen } = await scraped(one!);
  // The three scrapes above waited in vain for the process that never answers, and so did this scrape.
  expect(own(seen)['collect_timeouts_total']).toBe(4);
  // Before this scrape, processes one and two made three scrapes in all. Scrapes of the others are not measured.
  expect(own(seen)['scrape_duration_seconds_count']).toBe(3);
  expect(own(seen)['scrape_duration_seconds_sum']).toBeGreaterThan(0.1);

  // After process one stopped collecting them, process two still provides the figures until it is killed.
  await ask(one!, 'kept.end()');
  expect(own((await scraped(one!)).seen)['writers']).toBe(4);
  two!.child.kill('SIGKILL');
  await two!.ended;
  expect(own((await scraped(one!)).seen)).not.toHaveProperty('writers');
});

test('library metrics take default labels, a prefix and a private registry, and their aggregator in the JSON is max', async () => {
  const [one, two] = obedient(2, made);
  const set = (worker: string) =>
    `mpmetrics.register.setDefaultLabels({ app: 'a', ${worker} });
     mpmetrics.collectLibraryMetrics({ prefix: 'my_' });`;
  await ask(one!, set(''));
  expect((await scraped(one!)).seen.get('my_mpmetrics_writers{app="a"}')).toBe(1);
  await ask(two!, set('worker: 2'));
  const { seen } = await scraped(one!);
  // The processes have different default labels, so the figure is shown once and without labels.
  const names = [...seen.keys()].filter((name) => name.startsWith('my_mpmetrics_writers'));
  expect(names).toEqual(['my_mpmetrics_writers']);
  const code = `const all = await mpmetrics.register.getMetricsAsJSON();
    return all.filter(({ name }) => !name.endsWith('seconds')).map(({ aggregator }) => aggregator)`;
  expect(new Set(await ask<string[]>(one!, code))).toEqual(new Set(['max']));
  const series = await ask<[string, number]>(
    one!,
    `const register = new mpmetrics.Registry({ shared: false });
     mpmetrics.collectLibraryMetrics({ register });
     return [await register.metrics(), stats().series]`,
  );
  const values = samples(series[0]);
  expect(values.get('mpmetrics_series')).toBe(series[1]);
  expect(values.get('mpmetrics_writers')).toBe(2);
  const again =
    "try { mpmetrics.collectLibraryMetrics({ prefix: 'my_' }) } catch (e) { return e.message }";
  expect(await ask(one!, again)).toContain(
    'my_mpmetrics_heap_used_bytes has already been registered',
  );
});

test('every process shows the numbers of unranked and of clamped observations', async () => {
  const [one, two] = obedient(2, made);
  await ask(one!, 'mpmetrics.configure({ maxBytes: 2 ** 20 }); mpmetrics.collectLibraryMetrics();');
  const told = async (program: Program) => {
    const { seen } = await scraped(program);
    const counts = own(seen);
    return ['unranked', 'clamped'].map((what) => counts[`${what}_observations_total`]!);
  };
  await ask(
    one!,
    `kept.wide = new mpmetrics.Summary({ name: 'wide', help: 'w', percentiles: [0.5] });
     kept.s = new mpmetrics.Summary({ name: 's', help: 's', labelNames: ['n'], percentiles: [0.5] });
     kept.s.observe({ n: 0 }, 1);`,
  );
  expect(await told(one!)).toEqual([0, 0]);
  // These values lie in 4,000 octaves, of which 64 have buckets.
  await ask(
    one!,
    `for (let power = -1000; power < 1000; power++) { kept.wide.observe(2 ** power); kept.wide.observe(-(2 ** power)); }`,
  );
  expect(await told(one!)).toEqual([0, 3_936]);
  // The buckets of these observations take more room than the heap has.
  await ask(
    one!,
    `for (let power = 1; power <= 64; power++) for (let n = 1; n <= 100; n++) kept.s.observe({ n }, 2 ** power);`,
  );
  const [before] = await told(one!);
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(6_400);
  await ask(one!, `for (let i = 0; i < 500; i++) kept.s.observe({ n: 100 }, 2 ** 64);`);
  expect(await told(one!)).toEqual([before! + 500, 3_936]);
  await ask(two!, 'mpmetrics.collectLibraryMetrics()');
  expect(await told(two!)).toEqual([before! + 500, 3_936]);
  expect((await scraped(two!)).seen.get('s_count{n="100"}')).toBe(564);
});

test('in memory storage the figures describe the process', async () => {
  const [one] = obedient(1, made);
  await ask(
    one!,
    `mpmetrics.configure({ storage: 'memory', maxSeriesPerMetric: 5 });
     mpmetrics.collectLibraryMetrics();
     const c = new mpmetrics.Counter({ name: 'c', help: 'c', labelNames: ['n'] });
     for (let n = 0; n < 1000; n++) c.inc({ n });`,
  );
  for (let i = 0; i < 2; i++) {
    expect(own((await scraped(one!)).seen)).toMatchObject({
      writers: 1,
      heap_used_bytes: 0,
      // 995 updates of `c`, and two of the metric of dropped updates: it has seven reasons, and room for five series.
      'dropped_updates_total{reason="metric_series"}': 995 + 2,
      scrape_duration_seconds_count: i,
    });
  }
});

test.skipIf(lacks('prometheus'))('promtool accepts the library metrics', async () => {
  const [one] = obedient(1, made);
  await ask(one!, 'mpmetrics.collectLibraryMetrics()');
  const text = await ask<string>(one!, 'return mpmetrics.register.metrics()');
  expect(text.match(/^# HELP/gm)!.length).toBe(19);
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  expect(checked.stderr + checked.stdout).toBe('');
  expect(checked.status).toBe(0);
  // promtool does report a metric that is wrong.
  const wrong = spawnSync('promtool', ['check', 'metrics'], {
    input: '# TYPE a_total gauge\na_total 1\n',
    encoding: 'utf8',
  });
  expect(wrong.stderr + wrong.stdout).toContain('a_total');
});
