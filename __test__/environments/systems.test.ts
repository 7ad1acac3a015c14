/**
 * Systems without a native module, whose names a preloaded file fakes: nothing throws unless the program requires
 * shared memory, all works as with prom-client in each process's own memory, one warning says so, and nothing asks for
 * what only Linux has.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { TARGETS } from '../../scripts/targets.mjs';
import { Application, type Program } from '../support/application';
import { source } from '../support/programs';

const oracle = createRequire(__filename).resolve('prom-client');

/** Systems and processors, by Node.js's names of them. */
const SYSTEMS = [
  ...['win32 x64', 'win32 arm64', 'freebsd x64', 'android arm64'],
  ...Object.values(TARGETS)
    .filter(({ released }) => !released)
    .map(({ os, cpu }) => `${os} ${cpu}`),
];

let app: Application;

beforeEach(() => {
  app = new Application({
    'foreign.cjs': source('environments/systems/foreign.cjs'),
    'app.js': source('environments/permission/app.cjs'),
    'all.js': source('environments/systems/all.cjs'),
    'loads.js': `require('mpmetrics'); require('mpmetrics/http'); console.log('{}');`,
    'requires.js': `
      try {
        require('mpmetrics').configure({ required: true });
      } catch (error) {
        console.log(JSON.stringify([error.code, error.message]));
      }`,
  });
});
afterEach(() => {
  app.remove();
});

/** What a program on another system printed. */
interface Seen<T> {
  result: T;
  warnings: string[];
  /** What it tried that the system does not have. */
  attempts: string;
}

async function on<T>(
  system: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Seen<T>> {
  const log = join(app.folder, 'attempts');
  const foreign = { FOREIGN: system, FOREIGN_LOG: log, ...env };
  const program: Program = app.run('--require', { args: ['./foreign.cjs', ...args], env: foreign });
  const result = JSON.parse(await program.line()) as T;
  expect(await program.ended, program.errors).toBe(0);
  return {
    result,
    warnings: program.errors.match(/^\(node:.*$/gm) ?? [],
    attempts: existsSync(log) ? readFileSync(log, 'utf8') : '',
  };
}

interface Output {
  texts: string[][];
  names: [string, string][];
  after: string[];
  defaults: string[];
}

describe.each(SYSTEMS)('on %s', (system) => {
  const name = system.replace(' ', '-');

  test('all metrics are as with prom-client, and one warning says that they are not shared', async () => {
    const { result, warnings, attempts } = await on<Output>(system, ['app.js', 'mpmetrics']);
    const expected = (await on<Output>(system, ['app.js', oracle])).result;
    expect(result.texts).toEqual(expected.texts);
    expect(result.texts[1]).toContain('c_total{a="x",app="a"} 2');
    expect(result.names).toEqual(expected.names);
    expect(result.after).toEqual(expected.after);
    expect(result.defaults).toEqual(expect.arrayContaining(expected.defaults));
    expect(expected.defaults.length).toBeGreaterThan(10);
    expect(warnings).toEqual([
      expect.stringContaining(
        '[MPMETRICS_MEMORY] MpmetricsWarning: the metrics of this process are kept in its own memory, not ' +
          `shared: no native build exists for ${name} (there are builds for `,
      ),
    ]);
    expect(attempts).toBe('');
  });

  test('threads, files, servers and per-process metrics work, and ask for nothing of Linux', async () => {
    const { result, attempts } = await on<Record<string, string>>(system, ['all.js']);
    expect(attempts).toBe('');
    expect(result).toMatchObject({
      required: 'ERR_MPMETRICS_INVALID',
      cluster: 'string',
      dead: 0,
      file: expect.stringMatching(/^filed_total 5$/m) as string,
    });
    expect(result['text']).toMatch(/^c_total 2$/m);
    expect(result['text']).toMatch(/^g 3$/m);
    expect(result['text']).toMatch(/^http_request_duration_seconds_count\{.*\} 1$/m);
    expect(result['text']).toMatch(/^process_cpu_seconds_total\{pid="\d+",worker="primary"\} /m);
    expect(result['ofThread']).toMatch(/^c_total 1$/m);
  });
});

describe('on win32 x64', () => {
  test('loading the package opens nothing and says nothing', async () => {
    const { warnings, attempts } = await on('win32 x64', ['loads.js']);
    expect([warnings, attempts]).toEqual([[], '']);
  });

  test('a program that requires shared memory is told why there is none', async () => {
    const { result, warnings, attempts } = await on<[string, string]>('win32 x64', ['requires.js']);
    expect(result[0]).toBe('ERR_MPMETRICS_UNSUPPORTED');
    expect(result[1]).toContain('no native build exists for win32-x64');
    expect([warnings, attempts]).toEqual([[], '']);
  });

  test.each([
    ['a segment', { MPMETRICS_SEGMENT: 'app' }, 1],
    ['a folder', { MPMETRICS_DIR: 'C:\\metrics' }, 1],
    ['shared memory', { MPMETRICS_STORAGE: 'heap' }, 1],
    ['memory of the process', { MPMETRICS_STORAGE: 'memory' }, 0],
    ['a worker of a test runner', { JEST_WORKER_ID: '1' }, 0],
  ])('a variable for %s throws nothing', async (_, env, count) => {
    const args = ['app.js', 'mpmetrics'];
    const { result, warnings, attempts } = await on<Output>('win32 x64', args, env);
    expect(result.texts[1]).toContain('c_total{a="x",app="a"} 2');
    expect(warnings).toHaveLength(count);
    expect(attempts).toBe('');
  });

  test('the doctor says what is missing', async () => {
    const doctor = join(app.folder, 'node_modules', 'mpmetrics', 'dist', 'cli.js');
    const log = join(app.folder, 'attempts');
    const program = app.run('--require', {
      args: ['./foreign.cjs', doctor, 'doctor'],
      env: { FOREIGN: 'win32 x64', FOREIGN_LOG: log },
    });
    const lines: string[] = [];
    while (!lines.at(-1)?.includes('native module')) lines.push(await program.line());
    expect(lines.at(-1)).toContain('The native module cannot be used: no native build exists for ');
    expect(await program.ended).toBe(1);
    expect(existsSync(log)).toBe(false);
  });
});
