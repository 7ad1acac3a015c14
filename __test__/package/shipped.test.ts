/** What is built for users has nothing in it that is for tests only. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

const root = join(__dirname, '..', '..');

const binary = readFileSync(join(root, 'npm', 'linux-x64-gnu', 'mpmetrics.linux-x64-gnu.node'));

test('the binary has no kill points', () => {
  // A test in Rust shows that a build with them has this name; a string that is in every build shows that
  // one is found here.
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
