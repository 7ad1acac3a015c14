/** Enums, state sets and infos in several processes and threads. */
import { afterEach, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { PATIENCE } from '../support/patience.mjs';
import { source } from '../support/programs';

/** How often a process scrapes while another flips states. */
const SCRAPES = 10_000;

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

function application(): Application {
  const app = new Application({
    'app.js': source('processes/states/app.cjs'),
    'metrics.js': source('processes/states/metrics.js'),
    'thread.js': source('processes/states/thread.cjs'),
    'flips.js': source('processes/states/flips.cjs'),
    'scrapes.js': source('processes/states/scrapes.cjs'),
  });
  made.push(app);
  return app;
}

async function ask(program: Program, line: string): Promise<string> {
  program.tell(line);
  return program.line();
}

/** Returns the lines of one metric. The program leaves out the lines with the number 0. */
async function shown(program: Program, name: string): Promise<string[]> {
  const rows = JSON.parse(await ask(program, 'show')) as string[];
  return rows.filter((row) => row.startsWith(`${name}{`)).sort();
}

async function kill(program: Program): Promise<void> {
  program.child.kill('SIGKILL');
  await program.ended;
}

test('the label of a state replaces a default label of the same name, so rows that differ only in that default label are joined', async () => {
  const app = application();
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/states.heap` };
  const [one, two] = [app.run('app.js', { env }), app.run('app.js', { env })];
  for (const program of [one, two]) await program.line();
  const byDefault = async (name: string) => {
    await ask(one, `default ${name} x`);
    await ask(two, `default ${name} y`);
  };
  const json = async (name: string) => JSON.parse(await ask(one, `json ${name}`)) as unknown;
  await byDefault('count');
  for (const program of [one, two]) await ask(program, 'count running');
  expect(await shown(one, 'count')).toEqual(['count{count="running"} 2']);
  expect(await json('count')).toEqual([{ labels: { count: 'running' }, value: 2 }]);
  await ask(one, 'prefix app_');
  expect(await shown(one, 'app_count')).toEqual([
    'app_count{app_count="running",count="x"} 1',
    'app_count{app_count="running",count="y"} 1',
  ]);
  await byDefault('app_count');
  expect(await shown(one, 'app_count')).toEqual(['app_count{app_count="running"} 2']);
  expect(await json('app_count')).toEqual([{ labels: { app_count: 'running' }, value: 2 }]);
});

test('the states of living processes and threads are joined, and those of killed processes go', async () => {
  const app = application();
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/states.heap` };
  const [one, two] = [app.run('app.js', { env }), app.run('app.js', { env })];
  const [p1, p2] = [await one.line(), await two.line()];

  await ask(one, 'recent running');
  await ask(two, 'recent stopped');
  for (const asked of [one, two]) {
    expect(await shown(asked, 'recent')).toEqual(['recent{job="a",recent="stopped"} 1']);
  }
  const thread = await ask(two, 'worker recent starting');
  expect(await shown(one, 'recent')).toEqual(['recent{job="a",recent="starting"} 1']);

  await ask(one, 'count running');
  await ask(two, 'count running');
  expect(await shown(one, 'count')).toEqual([
    'count{count="running"} 2',
    'count{count="starting"} 1',
  ]);

  await ask(one, 'all running');
  expect(await shown(two, 'all')).toEqual(
    [
      `all{pid="${p1}",all="running"} 1`,
      `all{pid="${p2}",all="starting"} 1`,
      `all{pid="${p2}",thread="${thread}",all="starting"} 1`,
    ].sort(),
  );

  await ask(one, 'any x on');
  await ask(two, 'any y on');
  expect(await shown(one, 'any')).toEqual(['any{any="x"} 1', 'any{any="y"} 1']);
  for (const line of ['every x on', 'every y on']) await ask(one, line);
  for (const line of ['every y on', 'worker every x on']) await ask(two, line);
  expect(await shown(one, 'every')).toEqual([]);
  await ask(two, 'worker every y on');
  expect(await shown(one, 'every')).toEqual(['every{every="y"} 1']);

  await kill(two);
  expect(await shown(one, 'recent')).toEqual(['recent{job="a",recent="running"} 1']);
  expect(await shown(one, 'count')).toEqual(['count{count="running"} 1']);
  expect(await shown(one, 'all')).toEqual([`all{pid="${p1}",all="running"} 1`]);
  expect(await shown(one, 'any')).toEqual(['any{any="x"} 1']);
  expect(await shown(one, 'every')).toEqual(['every{every="x"} 1', 'every{every="y"} 1']);

  // The process that adopts the slots begins in the first state of each enum.
  const three = app.run('app.js', { env });
  await three.line();
  expect(await shown(one, 'count')).toEqual([
    'count{count="running"} 1',
    'count{count="starting"} 1',
  ]);
  expect(await shown(one, 'recent')).toEqual(['recent{job="a",recent="running"} 1']);
});

test('an info is shown as long as one of the processes that have set it lives', async () => {
  const app = application();
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/info.heap` };
  const versions = async (program: Program) =>
    (await shown(program, 'build_info')).map((row) => /version="(.*)"\} 1$/.exec(row)?.[1]);
  const old = [app.run('app.js', { env }), app.run('app.js', { env })] as const;
  for (const program of old) {
    await program.line();
    await ask(program, 'build 1');
  }
  expect(await versions(old[0])).toEqual(['1']);
  // A rolling deploy: each process of the old version is replaced by one of the new version.
  const young = app.run('app.js', { env });
  await young.line();
  await ask(young, 'build 2');
  expect(await versions(old[1])).toEqual(['1', '2']);
  await kill(old[0]);
  expect(await versions(young)).toEqual(['1', '2']);
  await kill(old[1]);
  expect(await versions(young)).toEqual(['2']);
  const last = app.run('app.js', { env });
  await last.line();
  expect(await versions(last)).toEqual(['2']);
  await ask(last, 'build 3');
  await ask(last, 'add 4');
  expect(await versions(young)).toEqual(['2', '3', '4']);
  await ask(last, 'build 5');
  expect(await versions(young)).toEqual(['2', '5']);
  await ask(young, 'reset');
  expect(await versions(last)).toEqual([]);
  await ask(last, 'build 5');
  expect(await versions(young)).toEqual(['5']);
});

test(
  `no scrape sees an enum without a state or with two, in ${SCRAPES} scrapes`,
  { timeout: 20 * PATIENCE },
  async () => {
    const app = application();
    const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/flips.heap` };
    const flipping = app.run('flips.js', { env });
    await flipping.line();
    const scraping = app.run('scrapes.js', { env, args: [String(SCRAPES)] });
    const line = await scraping.line(10 * PATIENCE);
    const [seen, states] = JSON.parse(line) as [Record<string, number>, number];
    expect(seen).toEqual({ 'recent: 1 of 53, 1': SCRAPES, 'count: 1 of 53, 1': SCRAPES });
    // The other process changed its states while this one scraped: the scrapes saw many different ones.
    expect(states).toBeGreaterThan(20);
    await kill(flipping);
  },
);
