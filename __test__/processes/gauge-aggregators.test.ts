/** Gauges with the aggregators `shared`, `all` and `mostrecent` in several processes and threads. */
import { afterEach, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';
import { until } from '../support/patience.mjs';
import { source } from '../support/programs';

const made: Application[] = [];
afterEach(() => {
  for (const app of made.splice(0)) app.remove();
});

async function ask(program: Program, line: string): Promise<string> {
  program.tell(line);
  return program.line();
}

async function shown(program: Program): Promise<string[]> {
  return (JSON.parse(await ask(program, 'show')) as string[]).sort();
}

test('a shared gauge loses no update of 4 processes at once, and keeps the updates of killed processes', async () => {
  const app = new Application({
    'add.js': source('processes/gauge-aggregators/add.cjs'),
    'show.js': `require('mpmetrics').register.metrics().then((text) => console.log(JSON.stringify(text)));`,
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/shared.heap` };
  const shown = async () => {
    const text = JSON.parse(await app.run('show.js', { env }).line()) as string;
    return Number(/^in_flight\{k="x"\} (.*)$/m.exec(text)?.[1]);
  };
  const adding = [1, 2, 3, 4].map(() => app.run('add.js', { args: ['50000'], env }));
  for (const program of adding) expect(await program.line()).toBe('done');
  // If a process found the heap lock taken, its updates wait in its own memory until a turn of its event loop.
  const becomes = async (value: number) => {
    let sum = 0;
    await until(
      async () => (sum = await shown()) === value,
      () => `the gauge is ${value}: ${sum}`,
    );
  };
  await becomes(4);
  for (const { child, ended } of adding) {
    child.kill('SIGKILL');
    await ended;
  }
  expect(await shown()).toBe(4);
  const ever = app.run('add.js', { args: ['0', 'for ever'], env });
  while ((await shown()) < 1000);
  ever.child.kill('SIGKILL');
  await ever.ended;
  const left = await shown();
  expect(left).toBeGreaterThan(1000);
  expect(await app.run('add.js', { args: ['10'], env }).line()).toBe('done');
  await becomes(left + 1);
});

test('all and mostrecent show the parts of living processes only, whichever process scrapes', async () => {
  const app = new Application({
    'app.js': source('processes/gauge-aggregators/app.cjs'),
    'gauges.js': source('processes/gauge-aggregators/gauges.js'),
    'thread.js': source('processes/gauge-aggregators/thread.cjs'),
  });
  made.push(app);
  const env = { MPMETRICS_SEGMENT: `${app.segmentsIn}/modes.heap` };
  const [one, two] = [app.run('app.js', { env }), app.run('app.js', { env })];
  const [p1, p2] = [await one.line(), await two.line()];

  await ask(one, 'all set 1');
  await ask(two, 'all set 2');
  const thread = await ask(two, 'worker all set 3');
  expect(Number(thread)).toBeGreaterThan(0);
  await ask(two, 'mostrecent set 20');
  await ask(two, 'worker mostrecent set 30');
  await ask(one, 'mostrecent set 10');
  const all = [
    `all{pid="${p1}"} 1`,
    `all{pid="${p2}"} 2`,
    `all{pid="${p2}",thread="${thread}"} 3`,
  ].sort();
  for (const asked of [one, two]) {
    expect(await shown(asked)).toEqual([...all, 'mostrecent 10']);
  }
  expect(JSON.parse(await ask(two, 'worker show'))).toContain('mostrecent 10');
  // `inc` adds to the part of its own isolate, and makes this part the most recent one.
  await ask(two, 'mostrecent inc 1');
  for (const asked of [one, two]) expect(await shown(asked)).toEqual([...all, 'mostrecent 21']);

  two.child.kill('SIGKILL');
  await two.ended;
  expect(await shown(one)).toEqual([`all{pid="${p1}"} 1`, 'mostrecent 10']);

  // The process that adopts the slot has a pid of its own, and has set nothing yet.
  const three = app.run('app.js', { env });
  const p3 = await three.line();
  expect(await shown(one)).toEqual(
    [`all{pid="${p1}"} 1`, `all{pid="${p3}"} 0`, 'mostrecent 10'].sort(),
  );
});
