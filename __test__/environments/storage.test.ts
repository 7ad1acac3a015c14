/**
 * Where metrics are kept: in memory storage in a process that runs tests, in a heap in programs that tests start; and a
 * setting overrides both.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { Application, type Report } from '../support/application';
import { source } from '../support/programs';

let app: Application;

beforeEach(() => {
  app = new Application({
    'app.js': `require('./report').arrive('app');`,
    'thread.js': `
      new (require('node:worker_threads').Worker)('./app.js', { env: JSON.parse(process.env.FOR_THREAD) });`,
    'cluster.js': source('environments/storage/cluster.cjs'),
    'leaf.js': `require('./report').arrive(process.argv[2]).then(() => process.disconnect());`,
    // Programs that a test starts print to files, because the test runner reads the output of the test.
    'started.test.js': source('environments/storage/started.cjs'),
  });
});

afterEach(() => {
  app.remove();
});

async function report(env: Record<string, string>, script = 'app.js') {
  const program = app.run(script, { env });
  const [only] = (await program.reports(1)).values();
  expect(await program.ended).toBe(0);
  return { path: only!.path, errors: program.errors };
}

function printed(name: string): Report[] {
  const text = readFileSync(join(app.folder, `${name}.out`), 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line) as Report);
}

describe('with a variable that a test runner sets for its workers', () => {
  test.each([
    ...['VITEST_POOL_ID', 'MOCHA_WORKER_ID', 'TAP', 'TAP_CHILD_ID', 'NODE_TEST_CONTEXT'],
    ...['TEST_WORKER_INDEX', 'CUCUMBER_WORKER_ID', 'WDIO_WORKER_ID', 'STRYKER_MUTATOR_WORKER'],
    'RSTEST',
  ])('%s: metrics stay in memory, without a warning', async (variable) => {
    expect(await report({ [variable]: '1' })).toEqual({ path: null, errors: '' });
  });

  test('a thread that alone has the variable keeps its metrics in memory', async () => {
    const FOR_THREAD = JSON.stringify({ MOCHA_WORKER_ID: '1' });
    expect(await report({ FOR_THREAD }, 'thread.js')).toEqual({ path: null, errors: '' });
  });
});

test('each program that a test starts shares metrics with its own children, and not with the test', async () => {
  const program = app.run('--test', { args: ['started.test.js'] });
  expect([await program.ended, program.errors]).toEqual([0, '']);
  const inCluster = printed('cluster');
  expect(inCluster).toHaveLength(3);
  for (const { seen, path } of inCluster) {
    expect(seen).toEqual({ primary: 1, 1: 1, 2: 1 });
    expect(path).toBe(inCluster[0]!.path);
  }
  const forked = ['a', 'b'].flatMap(printed);
  expect(forked.map(({ seen }) => seen)).toEqual([{ a: 1 }, { b: 1 }]);
  const paths = new Set([inCluster[0]!, ...forked].map(({ path }) => path));
  expect([...paths].filter((path) => path?.endsWith('.heap'))).toHaveLength(3);
  expect(printed('test')).toEqual([{ who: 'test', path: null }]);
});

describe('MPMETRICS_STORAGE', () => {
  test.each([
    ['memory', {}, null],
    ['memory', { MPMETRICS_SEGMENT: 'named' }, null],
    ['heap', {}, /[0-9a-f]{32}\.heap$/],
    ['heap', { JEST_WORKER_ID: '1' }, /[0-9a-f]{32}\.heap$/],
    ['', {}, /[0-9a-f]{32}\.heap$/],
    ['', { JEST_WORKER_ID: '1' }, null],
  ])('%j with %j', async (MPMETRICS_STORAGE, others, path) => {
    const seen = await report({ MPMETRICS_STORAGE, ...(others as Record<string, string>) });
    expect(seen.errors).toBe('');
    if (path === null) expect(seen.path).toBe(null);
    else expect(seen.path).toMatch(path);
  });

  test.each(['Memory', 'disk', '0', 'true'])('%s is ignored, with a warning', async (value) => {
    const { path, errors } = await report({ MPMETRICS_STORAGE: value });
    expect(path).toMatch(/\.heap$/);
    expect(errors.match(/MPMETRICS_CONFIG/g)).toHaveLength(1);
    const sentence = `MPMETRICS_STORAGE is ignored: it must be "heap" or "memory", and is "${value}"`;
    expect(errors).toContain(sentence);
  });

  test('a thread obeys the variable that its process was started with, and its own only if that is empty', async () => {
    const threads: [object, string, unknown][] = [
      [{}, 'memory', null],
      [{ MPMETRICS_STORAGE: 'heap' }, 'memory', null],
      [{ MPMETRICS_STORAGE: 'memory' }, '', null],
      [{ MPMETRICS_STORAGE: 'memory' }, 'heap', expect.stringMatching(/\.heap$/)],
    ];
    for (const [own, ofProcess, path] of threads) {
      const env = { FOR_THREAD: JSON.stringify(own), MPMETRICS_STORAGE: ofProcess };
      expect(await report(env, 'thread.js')).toEqual({ path, errors: '' });
    }
  });
});
