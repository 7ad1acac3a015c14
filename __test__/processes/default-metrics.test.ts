/** Default metrics of an application of several processes, some with worker threads. */
import { readFileSync } from 'node:fs';

import { afterEach, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { ask, obedient, performing, scraped } from '../support/obedient';
import { source } from '../support/programs';
import { samples } from '../support/samples';

const made: Application[] = [];
const limit = Number(
  /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))![1],
);

afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

/** Collects default metrics in the program's main thread, and in a worker thread, which answers `own()`. */
async function collectTwice(program: Program): Promise<void> {
  await ask(program, `await ${performing('processes/default-metrics/twice.cjs')}`);
}

/** The values of a gauge without labels in the program's two threads; null in a worker thread without this metric. */
async function own(program: Program, name: string): Promise<(number | null)[]> {
  return ask(
    program,
    `kept.thread.postMessage('${name}');
     const [of] = await require('node:events').once(kept.thread, 'message');
     return [mpmetrics.register.getSingleMetric('${name}')._getValue(), of];`,
  );
}

const sum = (values: (number | null)[]) => values.reduce<number>((all, one) => all + (one ?? 0), 0);

test('a scrape sums the metrics of all threads, and counts process metrics once per process', async () => {
  const programs = obedient(2, made);
  for (const program of programs) await collectTwice(program);
  const { seen } = await scraped(programs[1]!);
  for (const name of ['nodejs_heap_size_total_bytes', 'nodejs_active_handles_total']) {
    const parts = (await Promise.all(programs.map((program) => own(program, name)))).flat();
    expect(parts).toHaveLength(4);
    expect(parts.every((part) => part !== null && part > 0)).toBe(true);
    expect(seen.get(name)).toBe(sum(parts));
  }
  for (const name of ['process_open_fds', 'process_resident_memory_bytes']) {
    const parts = (await Promise.all(programs.map((program) => own(program, name)))).flat();
    expect(parts.map((part) => part !== null && part > 0)).toEqual([true, false, true, false]);
    expect(seen.get(name)).toBe(sum(parts));
  }
  expect(seen.get('process_max_fds')).toBe(2 * limit);
  const [major, minor, patch] = process.versions.node.split('.');
  const version = `version="v${process.versions.node}",major="${major!}",minor="${minor!}",patch="${patch!}"`;
  expect(seen.get(`nodejs_version_info{${version}}`)).toBe(1);
  // With two processes no start time is shown, because neither is that of the application.
  expect(seen.has('process_start_time_seconds')).toBe(false);
  expect(seen.get('process_cpu_seconds_total')).toBeCloseTo(
    seen.get('process_cpu_user_seconds_total')! + seen.get('process_cpu_system_seconds_total')!,
  );
  const alone = await ask<string>(
    programs[0]!,
    `return mpmetrics.register.metrics({ scope: 'process' })`,
  );
  expect(samples(alone).get('process_max_fds')).toBe(limit);
  expect(samples(alone).get('process_start_time_seconds')).toBeGreaterThan(1.6e9);
});

test('the CPU time of a dead process stays in the sum; its memory does not', async () => {
  const [victim, other] = obedient(2, made) as [Program, Program];
  for (const program of [victim, other]) {
    await ask(
      program,
      `mpmetrics.collectDefaultMetrics({ metrics: ['processCpuTotal', 'osMemoryHeap'] });`,
    );
  }
  // Uses CPU time after the counters were made. The start of the process, which used some before, does not count.
  await ask(victim, `const at = process.cpuUsage(); while (process.cpuUsage(at).user < 3e5);`);
  const before = (await scraped(other)).seen;
  victim.child.kill('SIGKILL');
  await victim.ended;
  const after = (await scraped(other)).seen;
  const [cpu, memory] = ['process_cpu_seconds_total', 'process_resident_memory_bytes'];
  expect(before.get(cpu)).toBeGreaterThan(0.25);
  expect(after.get(cpu)).toBeGreaterThanOrEqual(before.get(cpu)!);
  expect(after.get(memory)).toBeLessThan(before.get(memory)!);
});

test('with perProcess, a cluster with worker threads has series of each process', async () => {
  const app = new Application({
    'cluster.js': source('processes/default-metrics/cluster.cjs'),
  });
  made.push(app);
  const program = app.run('cluster.js');
  const { all, after, pids, heap } = JSON.parse(await program.line()) as {
    all: string;
    after: string;
    pids: number[];
    heap: number;
  };
  const workers = [
    [program.child.pid!, 'primary'],
    [pids[0]!, '1'],
    [pids[1]!, '2'],
  ] as const;
  const names = (name: string, of: readonly (readonly [number, string])[]) =>
    of.map(([pid, worker]) => `${name}{pid="${pid}",worker="${worker}"}`).sort();
  const shown = (text: string, name: string) =>
    [...samples(text).keys()].filter((one) => one.startsWith(name)).sort();
  for (const name of ['process_max_fds', 'nodejs_heap_size_total_bytes']) {
    expect(shown(all, name)).toEqual(names(name, workers));
    expect(shown(after, name)).toEqual(names(name, [workers[0], workers[2]]));
  }
  const [primary] = names('nodejs_heap_size_total_bytes', [workers[0]]);
  expect(samples(after).get(primary!)).toBe(heap);
});

test('a program with default metrics ends by itself', async () => {
  const app = new Application({
    'end.js': source('processes/default-metrics/end.cjs'),
  });
  made.push(app);
  const program = app.run('end.js');
  const { before, during, code, lines } = JSON.parse(await program.line()) as {
    before: string[];
    during: string[];
    code: number;
    lines: number;
  };
  expect(lines).toBeGreaterThan(100);
  expect(during).toEqual(before);
  expect(code).toBe(0);
  expect(await program.ended).toBe(0);
  expect(program.errors).toBe('');
});

/** Code for worker threads `one` and `two`, which collect on `{ collect: config }`, and stop on `{ stop: true }`. */
const THREADS = `await ${performing('processes/default-metrics/threads.cjs')};`;

/** Expects that a scrape shows the process metrics of this one process, and counts them once. */
async function onceIn(program: Program): Promise<void> {
  const { seen } = await scraped(program);
  expect(seen.get('process_max_fds')).toBe(limit);
  expect(seen.get('process_start_time_seconds')).toBeGreaterThan(1.6e9);
  const { user, system } = await ask<NodeJS.CpuUsage>(program, 'return process.cpuUsage()');
  expect(seen.get('process_cpu_seconds_total')).toBeLessThanOrEqual((user + system) / 1e6);
}

/** The value of `process_max_fds` in the main thread alone; undefined if that thread does not report it. */
async function ofMain(program: Program): Promise<number | undefined> {
  const json = `return mpmetrics.register.getMetricsAsJSON()`;
  const all = await ask<{ name: string; values: { value: number }[] }[]>(program, json);
  return all.find(({ name }) => name === 'process_max_fds')?.values[0]?.value;
}

test('if the main thread does not collect, one worker thread reports the process metrics, and another one after its end', async () => {
  const [program] = obedient(1, made) as [Program];
  await ask(program, `${THREADS} await kept.tell('one', { collect: {} });`);
  await ask(program, `await kept.tell('two', { collect: {} });`);
  await onceIn(program);
  const text = await ask<string>(program, `return mpmetrics.register.metrics()`);
  expect(text.match(/^# TYPE process_/gm)).toHaveLength(9);
  const before = (await scraped(program)).seen.get('process_cpu_seconds_total')!;
  await ask(program, `await kept.one.terminate();`);
  await onceIn(program);
  await ask(
    program,
    `const end = process.cpuUsage().user + 2e5; while (process.cpuUsage().user < end);`,
  );
  await onceIn(program);
  const after = (await scraped(program)).seen.get('process_cpu_seconds_total')!;
  expect(after).toBeGreaterThanOrEqual(before + 0.2);
});

test('after a worker thread stops collecting, another one reports the process metrics', async () => {
  const [program] = obedient(1, made) as [Program];
  await ask(program, `${THREADS} await kept.tell('one', { collect: {} });`);
  await ask(program, `await kept.tell('two', { collect: {} });`);
  await ask(program, `await kept.tell('one', { stop: true });`);
  await onceIn(program);
});

test('the main thread takes the process metrics from a worker thread, and gives them back when it stops', async () => {
  const [program] = obedient(1, made) as [Program];
  await ask(program, `${THREADS} await kept.tell('one', { collect: {} });`);
  await onceIn(program);
  await ask(program, `kept.stop = mpmetrics.collectDefaultMetrics();`);
  await onceIn(program);
  expect(await ofMain(program)).toBe(limit);
  await onceIn(program);
  await ask(program, `kept.stop();`);
  await onceIn(program);
});

test('a read that ends after the main thread stopped collecting leaves the process metrics to the worker thread', async () => {
  const [program] = obedient(1, made) as [Program];
  await ask(program, `${THREADS} await kept.tell('one', { collect: {} });`);
  for (const read of [
    `stop(); await metric.get();`,
    `const all = metric.get(); stop(); await all;`,
  ]) {
    await ask(
      program,
      `const stop = mpmetrics.collectDefaultMetrics();
       const metric = mpmetrics.register.getSingleMetric('process_max_fds');
       ${read}`,
    );
    await onceIn(program);
  }
});

test('a worker thread reports process metrics, too, if processMetrics is true or its storage is memory', async () => {
  const app = new Application({
    'thread.js': source('processes/default-metrics/thread.cjs'),
  });
  made.push(app);
  expect(JSON.parse(await app.run('thread.js').line())).toEqual([0, 'none', 1, 1]);
});
