import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

import { moduleText } from '../../scripts/compile.mjs';
import { cargoProblem, nodeProblem, platformProblem } from '../../scripts/environment.mjs';
import { isStale } from '../../scripts/install.mjs';
import { lacks, NEEDS, neededBy, plan, type Need } from '../../scripts/needs.mjs';
import { plainEnvironment } from '../support/plain-environment';

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-scripts-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('requirements for all commands', () => {
  test('Node.js 20', () => {
    expect(nodeProblem('20.0.0')).toBeNull();
    expect(nodeProblem('26.1.0')).toBeNull();
    expect(nodeProblem('18.20.4')).toBe('Node.js 20 or newer is needed, and this is 18.20.4.');
  });

  test('a platform with a native module', () => {
    expect(platformProblem('linux-x64-gnu')).toBeNull();
    expect(platformProblem('linux-x64-musl')).toMatch(/this is linux-x64-musl;/);
    expect(platformProblem('darwin-arm64')).toMatch(/^a checkout builds the native module for /);
  });

  test('a Rust that is new enough', () => {
    expect(cargoProblem('cargo 1.88.0 (abc 2025-06-01)\n', '1.88')).toBeNull();
    expect(cargoProblem('cargo 2.0.0', '1.88')).toBeNull();
    expect(cargoProblem('cargo 1.87.1', '1.88')).toBe(
      'Rust 1.88 or newer is needed, and this is "cargo 1.87.1".',
    );
    expect(cargoProblem('nonsense', '1.88')).toMatch(/nonsense/);
  });

  test.each(['build', 'demo', 'test', 'bench'])('npm run %s says that cargo is missing', (name) => {
    const clone = join(folder, name);
    mkdirSync(join(clone, 'bin'), { recursive: true });
    for (const part of ['scripts', 'package.json', 'Cargo.toml']) {
      cpSync(join(root, part), join(clone, part), { recursive: true });
    }
    symlinkSync(process.execPath, join(clone, 'bin', 'node'));
    const done = spawnSync(process.execPath, [join(clone, 'scripts', `${name}.mjs`)], {
      env: { PATH: join(clone, 'bin'), HOME: clone },
      encoding: 'utf8',
    });
    expect(done.stderr).toMatch(/^mpmetrics: cargo was not found: [^\n]+\n$/);
    expect(done.status).toBe(1);
  });
});

describe('requirements of single tests', () => {
  const needed = new Map([
    ['there', ['a.test.ts']],
    ['package', ['a.test.ts', 'b.test.ts']],
    ['python', ['c.test.ts']],
    ['nodes', ['d.test.ts']],
    ['user', ['e.test.ts']],
  ]);
  const here = () => false;
  const install = () => Promise.resolve();
  const needs: Record<string, Need> = {
    there: { here: () => true, remedy: 'none' },
    package: { here, remedy: 'get the package', debian: () => ['package'] },
    python: { here, remedy: 'get pip', debian: () => ['pip'], install },
    nodes: { here, remedy: 'get Node.js', install },
    user: { here, remedy: 'be root' },
  };
  const out = {
    package:
      'package is missing, and tests are left out in a.test.ts, b.test.ts. To run them: get the package.',
    python: 'python is missing, and tests are left out in c.test.ts. To run them: get pip.',
    user: 'user is missing, and tests are left out in e.test.ts. To run them: be root.',
  };

  test('are installed if that is possible, and else named', () => {
    expect(plan(needed, needs, true)).toEqual({
      install: ['package', 'python', 'nodes'],
      packages: ['package', 'pip'],
      out: [out.user],
    });
    expect(plan(needed, needs, false)).toEqual({
      install: ['nodes'],
      packages: [],
      out: [out.package, out.python, out.user],
    });
    const pip = { ...needs, python: { ...needs['python']!, debian: () => [] } };
    expect(plan(needed, pip, false).install).toEqual(['python', 'nodes']);
  });

  test('are found in the files that the filters of the run select', () => {
    const all = neededBy();
    expect([...all.keys()].sort()).toEqual(Object.keys(NEEDS).sort());
    expect(all.get('redis-server')).toEqual([
      ...['crash/hosts-mutations', 'crash/hosts', 'dependents/dependents', 'guide/coming-from'].map(
        (name) => `__test__/${name}.test.ts`,
      ),
      ...['clients', 'errors', 'hosts', 'servers', 'steps'].map(
        (name) => `__test__/processes/redis-${name}.test.ts`,
      ),
    ]);
    expect([...neededBy(['compat/counter', 'demo.test', '--project'])]).toEqual([
      ['prometheus', ['__test__/demo/demo.test.ts']],
    ]);
  });

  /** A folder for `PATH` with nothing but Node.js, as on a machine on which nothing else was installed. */
  const bin = join(folder, 'clean');
  mkdirSync(bin);
  symlinkSync(process.execPath, join(bin, 'node'));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, args, {
      cwd: root,
      env: plainEnvironment({ PATH: bin, CI: '', NO_COLOR: '1' }),
      encoding: 'utf8',
    });

  test('are named in the first lines of the output', () => {
    const { stderr, status } = run('scripts/needs.mjs');
    const named = stderr.matchAll(/^! (\S+) is missing, and tests are left out in __test__\//gm);
    const programs = ['curl', 'gcc', 'patchelf', 'procps', 'prometheus', 'prometheus-pushgateway'];
    const others = ['actionlint', 'root', 'CAP_SYS_ADMIN'].filter(lacks);
    const missing = [...programs, 'prometheus_client', 'redis-server', 'util-linux', ...others];
    expect([...named].map(([, name]) => name).sort()).toEqual(missing.sort());
    expect(stderr).toMatch(/^! /);
    expect(status).toBe(1);
  });

  test('that are missing: their tests are left out and named, and none fails', () => {
    const vitest = 'node_modules/vitest/vitest.mjs';
    const file = '__test__/processes/pushgateway.test.ts';
    const { stdout, status } = run(vitest, 'run', '--project', 'direct*', file);
    expect(stdout).toMatch(
      new RegExp(`\\nLeft out:\\n(?: {2}${file} \\[direct-programs\\] > .+\\n){4}`),
    );
    expect(status).toBe(0);
  });
});

describe('node_modules', () => {
  const wanted = {
    '': { version: '15.2.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '1.0.0', optional: true },
  };

  test.each([
    ['is stale if it is missing', null, true],
    ['is stale if it lacks a package', {}, true],
    ['is stale if a version differs', { 'node_modules/a': { version: '1.0.1' } }, true],
    ['is fresh without an optional package', { 'node_modules/a': { version: '1.0.0' } }, false],
  ])('%s', (_, installed, stale) => {
    expect(isStale(wanted, installed)).toBe(stale);
  });
});

test('the ES module wrapper exports each name', () => {
  const file = join(folder, 'index.mjs');
  writeFileSync(join(folder, 'index.js'), 'exports.one = 1; exports.two = 2;');
  writeFileSync(file, moduleText(['one', 'two']));
  const code = `import all, { one, two } from ${JSON.stringify(file)}; console.log(one, two, all.two)`;
  const done = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
  });
  expect(done.stdout).toBe('1 2 2\n');
});
