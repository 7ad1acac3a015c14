/** AggregatorRegistry and WorkerRegistry show right sums, send no messages, and wait briefly for blocked workers. */
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, expect, test } from 'vitest';

import { Application } from '../support/application';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Milliseconds for which prom-client waits for a worker that does not answer. */
const PROM_CLIENT_TIMEOUT = 5_000;

interface Outcome {
  text: string;
  later: string;
  ms: number;
  turns: number;
  listeners: { cluster: number; process: number };
}

async function run(env: Record<string, string>): Promise<Outcome> {
  const app = new Application({ 'main.js': source('processes/cluster/main.cjs') });
  made.push(app);
  const promClient = join(__dirname, '..', '..', 'node_modules', 'prom-client');
  symlinkSync(promClient, join(app.folder, 'node_modules', 'prom-client'));
  for (const name of ['tdigest', 'bintrees', '@opentelemetry']) {
    symlinkSync(join(promClient, '..', name), join(app.folder, 'node_modules', name));
  }
  return JSON.parse(await app.run('main.js', { env }).line()) as Outcome;
}

test('clusterMetrics() is the sum of all workers and the primary, and installs no listener', async () => {
  const { text, ms, listeners } = await run({ PRIMARY: '1' });
  const seen = samples(text);
  expect(seen.get('c_total')).toBe(3005);
  for (const id of [1, 2, 3]) expect(seen.get(`worker{id="${id}"}`)).toBeGreaterThan(0);
  expect(text.match(/^# TYPE /gm)).toHaveLength(2);
  expect(ms).toBeLessThan(PROM_CLIENT_TIMEOUT);
  expect(listeners).toEqual({ cluster: 0, process: 0 });
});

test('prom-client shows the same sum of the workers, without the primary, in the same program', async () => {
  const { text } = await run({ PRIMARY: '1', CLIENT: 'prom-client' });
  expect(samples(text).get('c_total')).toBe(3000);
});

test('a looping worker delays clusterMetrics() by collectTimeout, and its counts are in the sum', async () => {
  const { text, ms, turns } = await run({ BLOCK: '1' });
  const seen = samples(text);
  expect(seen.get('c_total')).toBe(3000);
  expect(seen.get('worker{id="2"}')).toBeGreaterThan(0);
  expect(ms).toBeLessThan(2_500);
  expect(turns).toBeGreaterThan(10);
});

test('a worker killed during clusterMetrics() causes no error, and its counts stay', async () => {
  const { text, later, ms } = await run({ KILL: '1' });
  expect(samples(text).get('c_total')).toBe(3000);
  expect(samples(later).get('c_total')).toBe(3000);
  expect(samples(later).has('worker{id="2"}')).toBe(false);
  expect(samples(later).get('worker{id="3"}')).toBeGreaterThan(0);
  expect(ms).toBeLessThan(2_500);
});

test('the counts of a worker that never made an AggregatorRegistry are in the sum', async () => {
  const { text, ms } = await run({ NONE: '1' });
  expect(samples(text).get('c_total')).toBe(3000);
  expect(ms).toBeLessThan(2_500);
});

test('prom-client fails if a worker loops, is killed or has no AggregatorRegistry, so the tests above can fail', async () => {
  const cases = ['BLOCK', 'KILL', 'NONE'].map((what) =>
    run({ [what]: '1', CLIENT: 'prom-client' }),
  );
  for (const { text, ms } of await Promise.all(cases)) {
    expect(text).toBe('rejected: Operation timed out.');
    expect(ms).toBeGreaterThan(PROM_CLIENT_TIMEOUT - 50);
  }
});

test('clusterMetrics() shows the registries that setRegistries() names', async () => {
  const { text } = await run({ CUSTOM: '1' });
  const seen = samples(text);
  expect(seen.get('c_total')).toBe(3000);
  for (const id of [1, 2, 3]) expect(seen.get(`worker{id="${id}"}`)).toBeGreaterThan(0);
});

interface Told {
  counted: number;
  primary: boolean;
  text: string;
  summed: string;
  inProcess: { name: string; values: { value: number }[] }[];
  after: string;
  shutdown: string[];
}

test('WorkerRegistry sums the threads of its process, and the JSON of all threads adds up to the same', async () => {
  const other = source('processes/cluster/other.cjs');
  const app = new Application({
    'main.js': source('processes/cluster/threads.cjs'),
    'other.js': other,
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: join(app.segmentsIn, 'test.heap') };
  const beside = app.run('other.js', { env });
  expect(await beside.line()).toBe('ready');
  const program = app.run('main.js', { env });
  const told = JSON.parse(await program.line()) as Told;
  expect(told.counted).toBe(2);
  expect(told.primary).toBe(true);
  expect(samples(told.text).get('c_total')).toBe(111);
  expect(samples(told.text).get('collected{thread="other"}')).toBe(2);
  expect(samples(told.text).get('collected{thread="main"}')).toBe(1);
  expect(samples(told.summed).get('c_total')).toBe(111);
  const counter = told.inProcess.find(({ name }) => name === 'c_total');
  expect(counter!.values[0]!.value).toBe(111);
  // The count of a thread that ended stays; its gauges do not.
  expect(samples(told.after).get('c_total')).toBe(111);
  expect(samples(told.after).get('collected{thread="other"}')).toBe(1);
  expect(told.shutdown).toEqual(['scraped', 'shut down']);
  for (const one of [program, beside]) one.tell('leave');
});
