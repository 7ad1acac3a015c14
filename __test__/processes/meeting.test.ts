/** The processes and threads of an application find the same segment, however they were started. */
import { afterEach, expect, test } from 'vitest';

import { Application, type Program } from '../support/application';

const made: Application[] = [];

function application(files: Record<string, string>, beside?: Application): Application {
  const one = new Application(files, beside);
  made.push(one);
  return one;
}

afterEach(() => {
  for (const one of made.splice(0)) one.remove();
});

/**
 * Expects that each of the named processes sees all named processes and no others, in one segment.
 *
 * @returns the segment's path
 */
async function expectMet(program: Program, names: string[]): Promise<string> {
  const reports = await program.reports(names.length);
  expect([...reports.keys()].sort()).toEqual([...names].sort());
  const all = Object.fromEntries(names.map((name) => [name, 1]));
  for (const report of reports.values()) expect(report.seen).toEqual(all);
  const paths = new Set([...reports.values()].map((report) => report.path));
  expect(paths.size).toBe(1);
  const [path] = paths;
  expect(path).toMatch(/\/mpmetrics-\d+\/[0-9a-f]{32}\.heap$/);
  return path!;
}

async function expectQuiet(program: Program): Promise<void> {
  expect(await program.ended).toBe(0);
  expect(program.errors).toBe('');
}

const LEAF = `
const who = process.argv[2];
if (process.env.TITLE) process.title = process.env.TITLE;
require('./report').arrive(who, process.argv.slice(3)).then(() => process.channel && process.disconnect());
`;

test('cluster: the primary and its workers, which cannot talk to each other', async () => {
  const names = ['primary', '1', '2', '3'];
  const app = application({
    'app.js': `
      const cluster = require('node:cluster');
      const names = ${JSON.stringify(names)};
      const { arrive } = require('./report');
      if (cluster.isPrimary) {
        for (const name of names.slice(1)) cluster.fork();
        arrive('primary', names);
      } else {
        // Without this, Node.js ends a worker whose channel is closed.
        cluster.worker.exitedAfterDisconnect = true;
        process.disconnect();
        arrive(String(cluster.worker.id), names);
      }`,
  });
  const program = app.run('app.js');
  await expectMet(program, names);
  await expectQuiet(program);
});

test.each([
  ['fork', 'fork(leaf, [name, ...names])'],
  ['fork with an empty environment', 'fork(leaf, [name, ...names], { env: empty })'],
  ['spawn', "spawn(process.execPath, [leaf, name, ...names], { stdio: 'inherit' })"],
  ['fork, detached', 'fork(leaf, [name, ...names], { detached: true })'],
])('child_process.%s', async (_, call) => {
  const names = ['parent', 'a', 'b'];
  const app = application({
    'scripts/leaf.js': LEAF.replace('./report', '../report'),
    'app.js': `
      const { fork, spawn } = require('node:child_process');
      const names = ${JSON.stringify(names)};
      const leaf = require.resolve('./scripts/leaf');
      const empty = { MPMETRICS_DIR: process.env.MPMETRICS_DIR };
      require('./report').arrive('parent', names);
      for (const name of names.slice(1)) ${call};`,
  });
  const program = app.run('app.js');
  await expectMet(program, names);
  await expectQuiet(program);
});

test('worker threads, whatever environment they are given', async () => {
  const names = ['main', 'plain', 'bare', 'odd'];
  const app = application({
    'app.js': `
      const { Worker, isMainThread, workerData } = require('node:worker_threads');
      const names = ${JSON.stringify(names)};
      require('./report').arrive(isMainThread ? 'main' : workerData, names);
      if (isMainThread) {
        new Worker(__filename, { workerData: 'plain' });
        new Worker(__filename, { workerData: 'bare', env: {} });
        const env = { MPMETRICS_SEGMENT: 'another', MPMETRICS_INHERIT: 'x', MPMETRICS_DIR: '/tmp' };
        new Worker(__filename, { workerData: 'odd', env });
      }`,
  });
  const program = app.run('app.js');
  await expectMet(program, names);
  await expectQuiet(program);
});

test('worker threads of a program that sets MPMETRICS_DIR by itself', async () => {
  const names = ['main', 'thread'];
  const app = application({
    'app.js': `
      // As dotenv does: /proc/self/environ does not have the value.
      process.env.MPMETRICS_DIR = process.env.FROM_FILE;
      const { Worker } = require('node:worker_threads');
      new Worker('./leaf.js', { argv: ['thread', ...${JSON.stringify(names)}] });
      require('./report').arrive('main', ${JSON.stringify(names)});`,
    'leaf.js': LEAF,
  });
  const program = app.run('app.js', { env: { FROM_FILE: app.segmentsIn, MPMETRICS_DIR: '' } });
  const path = await expectMet(program, names);
  expect(path.startsWith(`${app.segmentsIn}/`)).toBe(true);
  await expectQuiet(program);
});

test('worker threads and a child of a main thread that never loads the package', async () => {
  const names = ['one', 'two', 'child'];
  const app = application({
    'leaf.js': LEAF,
    'thread.js': `
      require('./report').arrive(require('node:worker_threads').workerData, ${JSON.stringify(names)});`,
    'app.js': `
      const { Worker } = require('node:worker_threads');
      new Worker(require.resolve('./thread'), { workerData: 'one', env: { MPMETRICS_SEGMENT: 'x' } });
      new Worker(require.resolve('./thread'), { workerData: 'two' });
      require('node:child_process').fork('leaf.js', ['child', ...${JSON.stringify(names)}]);`,
  });
  const program = app.run('app.js');
  await expectMet(program, names);
  await expectQuiet(program);
});

test('grandchildren of a root that loads the package late, without inherited variables', async () => {
  const names = ['a', 'b', 'late root'];
  const app = application({
    'leaf.js': LEAF,
    'middle.js': `
      const { fork } = require('node:child_process');
      const [, , name, ...names] = process.argv;
      fork('leaf.js', [name, ...names], { env: { MPMETRICS_DIR: process.env.MPMETRICS_DIR } })
        .on('exit', () => process.disconnect());`,
    'app.js': `
      const { fork } = require('node:child_process');
      const names = ${JSON.stringify(names)};
      const env = { MPMETRICS_DIR: process.env.MPMETRICS_DIR };
      for (const name of names.slice(0, 2)) fork('middle.js', [name, ...names], { env });
      setTimeout(() => require('./report').arrive('late root', names), 500);`,
  });
  const program = app.run('app.js');
  await expectMet(program, names);
  await expectQuiet(program);
});

test('a primary that changed its title, and loads the package late', async () => {
  const names = ['w1', 'w2', 'primary'];
  const app = application({
    'app.js': `
      const cluster = require('node:cluster');
      process.title = 'my beautiful server';
      const names = ${JSON.stringify(names)};
      const late = (name) => require('./report').arrive(name, names).then(() => process.disconnect?.());
      if (cluster.isPrimary) {
        for (const name of names.slice(0, 2)) cluster.fork({ WHO: name });
        setTimeout(late, 500, 'primary');
      } else late(process.env.WHO);`,
  });
  const program = app.run('app.js');
  await expectMet(program, names);
  await expectQuiet(program);
});

test('a primary that only requires the package shows the counts of its workers', async () => {
  const app = application({
    'app.js': `
      const cluster = require('node:cluster');
      const { arrive, show } = require('./report');
      if (cluster.isPrimary) {
        let gone = 0;
        for (const name of ['w1', 'w2']) cluster.fork({ WHO: name });
        cluster.on('exit', () => { if (++gone === 2) show('primary', ['w1', 'w2']); });
      } else {
        arrive(process.env.WHO, ['w1', 'w2']).then(() => process.exit());
      }`,
  });
  const program = app.run('app.js');
  await expectMet(program, ['w1', 'w2']);
  const [report] = (await program.reports(1)).values();
  expect(report).toMatchObject({ who: 'primary', seen: { w1: 1, w2: 1 } });
  await expectQuiet(program);
});

test('an unrelated program that a server spawns or forks stays apart', async () => {
  const other = application({ 'leaf.js': LEAF });
  const app = application(
    {
      'app.js': `
        const { fork, spawn } = require('node:child_process');
        const [, , leaf] = process.argv;
        require('./report').count('server');
        const cwd = require('node:path').dirname(leaf);
        spawn(process.execPath, [leaf, 'spawned'], { cwd, stdio: 'inherit' }).on('exit', () => {
          fork(leaf, ['forked']).on('exit', () => require('./report').show('server'));
        });`,
    },
    other,
  );
  const program = app.run('app.js', { args: [`${other.folder}/leaf.js`] });
  const reports = await program.reports(3);
  for (const who of ['server', 'spawned', 'forked']) {
    expect(reports.get(who)?.seen).toEqual({ [who]: 1 });
  }
  expect(new Set([...reports.values()].map((report) => report.path)).size).toBe(3);
  await expectQuiet(program);
});

test('two starts of one program stay apart', async () => {
  const app = application({ 'leaf.js': LEAF });
  const programs = ['x', 'y'].map((name) => app.run('leaf.js', { args: [name] }));
  const paths = new Set<string>();
  for (const [i, name] of ['x', 'y'].entries()) paths.add(await expectMet(programs[i]!, [name]));
  expect(paths.size).toBe(2);
});

test.each([
  ['a path', (app: Application) => `${app.segmentsIn}/mine`],
  ['a name', () => 'mine'],
])('programs with the same MPMETRICS_SEGMENT (%s) share it, and it is kept', async (_, value) => {
  const one = application({ 'leaf.js': LEAF });
  const two = application({ 'leaf.js': LEAF }, one);
  const env = { MPMETRICS_SEGMENT: value(one) };
  const first = one.run('leaf.js', { env, args: ['p', 'p', 'q'] });
  const second = two.run('leaf.js', { env, args: ['q', 'p', 'q'] });
  const ofFirst = (await first.reports(1)).get('p')!;
  const ofSecond = (await second.reports(1)).get('q')!;
  expect(ofFirst.seen).toEqual({ p: 1, q: 1 });
  expect(ofSecond).toMatchObject({ seen: { p: 1, q: 1 }, path: ofFirst.path });
  await expectQuiet(first);
  await expectQuiet(second);
  const third = two.run('leaf.js', { env, args: ['p'] });
  expect((await third.reports(1)).get('p')).toMatchObject({ seen: { p: 2, q: 1 } });
  await expectQuiet(third);
});

test("children without configure() find the segment of their parent's configure({ segment })", async () => {
  const app = application({
    'leaf.js': LEAF,
    'app.js': `
      const names = process.argv.slice(2);
      require('mpmetrics').configure({ segment: process.env.MPMETRICS_DIR + '/mine' });
      require('./report').arrive('parent', names);
      require('node:child_process').fork('leaf.js', ['child', ...names]);`,
  });
  const program = app.run('app.js', { args: ['parent', 'child'] });
  const mine = `${app.segmentsIn}/mine`;
  for (const report of (await program.reports(2)).values()) {
    expect(report).toMatchObject({ path: mine, seen: { parent: 1, child: 1 } });
  }
  await expectQuiet(program);
  // A child with MPMETRICS_SEGMENT and without configure() uses the segment of the variable.
  const both = app.run('app.js', { env: { MPMETRICS_SEGMENT: 'other' } });
  const reports = await both.reports(2);
  expect(reports.get('parent')).toMatchObject({ path: mine, seen: { parent: 2, child: 1 } });
  expect(reports.get('child')?.path).toMatch(/\/other\.heap$/);
  expect(reports.get('child')?.seen).toEqual({ child: 1 });
  await expectQuiet(both);
});

test('worker threads use the segment that their main thread configured', async () => {
  const app = application({
    'thread.js': `
      require('./report').arrive(require('node:worker_threads').workerData, ['main', 'a', 'b']);`,
    'app.js': `
      const { Worker } = require('node:worker_threads');
      require('mpmetrics').configure({ segment: 'chosen' });
      require('./report').arrive('main', ['main', 'a', 'b']);
      new Worker('./thread.js', { workerData: 'a' });
      new Worker('./thread.js', { workerData: 'b', env: { MPMETRICS_SEGMENT: 'other' } });`,
  });
  const program = app.run('app.js');
  const reports = await program.reports(3);
  for (const report of reports.values()) {
    expect(report.path).toMatch(/\/chosen\.heap$/);
    expect(report.seen).toEqual({ main: 1, a: 1, b: 1 });
  }
  await expectQuiet(program);
});
