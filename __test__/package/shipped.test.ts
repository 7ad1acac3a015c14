/** The files that users get contain nothing that is for tests only. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

import { afterAll, expect, test } from 'vitest';

const root = join(__dirname, '..', '..');

const folder = mkdtempSync(join('/dev/shm', 'mpmetrics-test-'));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const binary = readFileSync(join(root, 'npm', 'linux-x64-gnu', 'mpmetrics.linux-x64-gnu.node'));

test('the binary has no kill points', () => {
  // A test in Rust shows that a build with kill points contains the first name. The last name is in every build, which
  // shows that this search finds names.
  expect(binary.includes('MPMETRICS_KILL_POINT')).toBe(false);
  expect(binary.includes('register.published')).toBe(false);
  expect(binary.includes('ERR_MPMETRICS_CORRUPT')).toBe(true);
});

test('core modules are required without a prefix, as prom-client requires them', () => {
  const files = readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' });
  const code = files.filter((file) => /\.m?js$/.test(file));
  const required = code.flatMap((file) => {
    const text = readFileSync(join(root, 'dist', file), 'utf8');
    return [...text.matchAll(/(?:require\(|import\(|from |^import )["'`]([^."'`][^"'`]*)/gm)].map(
      ([, name]) => name!,
    );
  });
  expect(required).toEqual(expect.arrayContaining(['http', 'https', 'v8', 'process', 'zlib']));
  expect(required.filter((name) => name.startsWith('node:'))).toEqual([]);
});

test('exported functions have their own names, although they are bundled into one file', () => {
  const exported = createRequire(__filename)(join(root, 'dist', 'index.js')) as object;
  const functions = Object.entries(exported).filter(([, one]) => typeof one === 'function');
  expect(functions.length).toBeGreaterThan(10);
  // `ClusterRegistry` is the name that prom-client's successor has for `AggregatorRegistry`.
  const wrong = functions.filter(([name, one]) => name !== (one as () => void).name);
  expect(wrong.map(([name]) => name)).toEqual(['ClusterRegistry']);
});

test('a program that requires the package loads three files, one of which is the native module', () => {
  const code =
    "new (require('.').Counter)({ name: 'c', help: 'c' }).inc();" +
    'console.log(JSON.stringify(Object.keys(require.cache)));';
  const env = { ...process.env, MPMETRICS_SEGMENT: join(folder, 'shipped.heap') };
  const printed = execFileSync(process.execPath, ['-e', code], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  const files = (JSON.parse(printed) as string[]).map((path) => basename(path));
  expect(files).toEqual(['index.js', 'mpmetrics.js', 'mpmetrics.linux-x64-gnu.node']);
});
