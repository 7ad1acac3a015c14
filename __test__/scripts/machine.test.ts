import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';

import { moduleText } from '../../scripts/compile.mjs';
import { cargoProblem, nodeProblem, platformProblem } from '../../scripts/environment.mjs';
import { isStale } from '../../scripts/install.mjs';

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-scripts-'));

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('what a machine must have', () => {
  test('Node.js 20', () => {
    expect(nodeProblem('20.0.0')).toBeNull();
    expect(nodeProblem('26.1.0')).toBeNull();
    expect(nodeProblem('18.20.4')).toBe('Node.js 20 or newer is needed, and this is 18.20.4.');
  });

  test('a platform with a native module', () => {
    expect(platformProblem('linux-x64-gnu')).toBeNull();
    expect(platformProblem('linux-x64-musl')).toMatch(/this is linux-x64-musl;/);
    expect(platformProblem('darwin-arm64')).toMatch(/^the native module is built for /);
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

describe('node_modules', () => {
  const wanted = {
    '': { version: '15.2.0' },
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '1.0.0', optional: true },
  };

  test.each([
    ['is missing', null, true],
    ['lacks a package', {}, true],
    ['has another version', { 'node_modules/a': { version: '1.0.1' } }, true],
    ['lacks an optional package', { 'node_modules/a': { version: '1.0.0' } }, false],
  ])('that %s', (_, installed, stale) => {
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
