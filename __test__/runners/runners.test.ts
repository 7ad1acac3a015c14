/**
 * Users' test suites under the runners that they use. A suite has three files, which run in processes, threads or
 * contexts (`node:vm`) of their own and replace core modules. Each file sees the same as with prom-client, and no
 * counts of the other files.
 */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';

import { npm } from '../support/npm';
import { patient } from '../support/patience.mjs';
import { plainEnvironment } from '../support/plain-environment';

const call = promisify(execFile);
const root = join(__dirname, '..', '..');
const prom = createRequire(__filename).resolve('prom-client');
const ours = join(root, 'dist', 'index.js');
const FILES = ['one', 'two', 'three'];

interface Runner {
  /** The package that npm installs; undefined if the repository has the runner anyway. */
  install?: string;
  /** The name of the file in `suite/` that is copied to make each test file. */
  suite: 'declared.cjs' | 'jest.cjs' | 'vitest.mjs';
  /** The arguments of Node.js. */
  args: readonly string[];
  env?: Record<string, string>;
  /** True if every run includes the runner. Only `npm run torture` has the time for the others. */
  always?: boolean;
}

const JEST = ['node_modules/jest/bin/jest.js', '--config', 'configured.cjs'];

const jest = (version: string): Runner => ({
  install: `jest@${version}`,
  suite: 'jest.cjs',
  args: JEST,
  env: { JEST: version.split('.')[0]! },
});

const RUNNERS: Record<string, Runner> = {
  // Jest 26 does not know the prefix `node:`. Like all versions before 30, it mocks modules by their bare names only.
  'Jest 26': { ...jest('26.6.3'), always: true },
  'Jest 27': jest('27.5.1'),
  'Jest 28': jest('28.1.3'),
  'Jest 29': jest('29.7.0'),
  'Jest 30': jest('30.5.2'),
  Vitest: {
    suite: 'vitest.mjs',
    args: [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', '.'],
    always: true,
  },
  'Vitest in threads': {
    suite: 'vitest.mjs',
    args: [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--root', '.', '--pool=threads'],
  },
  'Mocha in parallel': {
    install: 'mocha@12.0.3',
    suite: 'declared.cjs',
    args: ['node_modules/mocha/bin/mocha.js', '--parallel', '--jobs', '3', '*.test.cjs'],
    env: { RUNNER: 'mocha' },
    always: true,
  },
  'AVA in threads': {
    install: 'ava@6.4.1',
    suite: 'declared.cjs',
    args: ['node_modules/ava/entrypoints/cli.mjs', '*.test.cjs'],
    env: { RUNNER: 'ava' },
    always: true,
  },
  'AVA in processes': {
    install: 'ava@6.4.1',
    suite: 'declared.cjs',
    args: ['node_modules/ava/entrypoints/cli.mjs', '--no-worker-threads', '*.test.cjs'],
    env: { RUNNER: 'ava' },
  },
  tap: {
    install: 'tap@21.8.0',
    suite: 'declared.cjs',
    args: [
      'node_modules/tap/dist/esm/run.mjs',
      '--disable-coverage',
      '--allow-empty-coverage',
      ...FILES.map((file) => `${file}.test.cjs`),
    ],
    env: { RUNNER: 'tap' },
  },
  'node:test': {
    suite: 'declared.cjs',
    args: ['--test', ...FILES.map((file) => `${file}.test.cjs`)],
    env: { RUNNER: 'node:test' },
    always: true,
  },
  'Jasmine in parallel': {
    install: 'jasmine@5.13.0',
    suite: 'declared.cjs',
    args: ['node_modules/jasmine/bin/jasmine.js', '--parallel=3', '*.test.cjs'],
    env: { RUNNER: 'jasmine' },
  },
};

const all = process.env['MPMETRICS_TEST_RUNNERS'] === 'all';
const chosen = Object.keys(RUNNERS).filter((name) => all || RUNNERS[name]!.always === true);

const segments = mkdtempSync(
  join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mpmetrics-test-'),
);
const folders: string[] = [];

afterAll(() => {
  for (const folder of [segments, ...folders]) rmSync(folder, { recursive: true, force: true });
});

/** Installs a runner into `.cache/runners`, unless it is there. Rejects with npm's message if that fails. */
async function installed(spec: string): Promise<string> {
  const folder = join(root, '.cache', 'runners', spec);
  const mark = join(folder, '.installed');
  if (existsSync(mark)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await npm(folder, ['install', ...options, spec], plainEnvironment());
  writeFileSync(mark, '');
  return folder;
}

/** Makes a project with three test files, and installs its runner. */
async function project({ install, suite }: Runner): Promise<string> {
  const folder = mkdtempSync(join(root, '.cache', 'project-'));
  folders.push(folder);
  const ava = { failWithoutAssertions: false };
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, ava }));
  for (const name of readdirSync(join(__dirname, 'suite'))) {
    copyFileSync(join(__dirname, 'suite', name), join(folder, name));
  }
  for (const file of FILES) {
    copyFileSync(join(folder, suite), join(folder, `${file}.test.${suite.split('.')[1]!}`));
  }
  writeFileSync(join(folder, 'vitest.config.mjs'), 'export default {};');
  if (install !== undefined) {
    symlinkSync(join(await installed(install), 'node_modules'), join(folder, 'node_modules'));
  }
  return folder;
}

/** Runs a runner with a client. Returns what each test file recorded. */
async function seen(runner: Runner, folder: string, client: string): Promise<unknown[]> {
  const results = mkdtempSync(join(folder, 'results-'));
  const env = { MPMETRICS_DIR: segments, CLIENT: client, RESULTS: results, ...runner.env };
  const options = { cwd: folder, env: plainEnvironment(env), timeout: patient(120_000) };
  await call(process.execPath, runner.args, options).catch((error: unknown) => {
    const { message, stdout, stderr } = error as Error & { stdout: string; stderr: string };
    throw new Error(`${message}\n${stdout}\n${stderr}`);
  });
  return readdirSync(results).map(
    (name) => JSON.parse(readFileSync(join(results, name), 'utf8')) as unknown,
  );
}

describe.each(chosen)('%s', (name) => {
  test('each file sees the same as with prom-client, and only its own counts', async () => {
    const runner = RUNNERS[name]!;
    const folder = await project(runner);
    const expected = await seen(runner, folder, prom);
    expect(expected).toHaveLength(FILES.length);
    for (const one of expected) {
      expect(one).toMatchObject({
        answers: ['taken', 'taken'],
        requests: [{ module: 'http' }, { module: 'https' }],
        lines: expect.arrayContaining([
          'seen_total{file="any"} 1',
          'took_seconds_sum 1.5',
          'nodejs_heap_space_size_used_bytes{space="fake"} 2',
        ]),
        descriptors: 0,
      });
    }
    expect(await seen(runner, folder, ours)).toEqual(expected);
  });
});
