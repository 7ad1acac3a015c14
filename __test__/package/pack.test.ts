/** `npm pack` refuses a package that would be broken where it is installed. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeEach, expect, test } from 'vitest';

const root = join(__dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-pack-'));
const copy = join(folder, 'copy');

afterAll(() => {
  rmSync(folder, { recursive: true });
});

interface Manifest {
  version: string;
  optionalDependencies?: Record<string, string>;
}

function manifest(): Manifest {
  return JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')) as Manifest;
}

/** Writes a platform's folder into the copy. */
function platform(name: string, version: string, binary: boolean): void {
  const target = join(copy, 'npm', name);
  const main = `mpmetrics.${name}.node`;
  mkdirSync(target, { recursive: true });
  writeFileSync(
    join(target, 'package.json'),
    JSON.stringify({ name: `mpmetrics-${name}`, version, main }),
  );
  if (binary) writeFileSync(join(target, main), '');
}

function prepare(): { status: number | null; stderr: string } {
  const script = join(copy, 'scripts', 'pack.mjs');
  return spawnSync(process.execPath, [script, 'prepare'], { cwd: copy, encoding: 'utf8' });
}

beforeEach(() => {
  rmSync(copy, { recursive: true, force: true });
  for (const name of ['package.json', 'scripts']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  mkdirSync(join(copy, 'dist'));
  for (const name of ['index.js', 'index.mjs', 'index.d.mts']) {
    writeFileSync(join(copy, 'dist', name), '');
  }
  platform('linux-x64-gnu', manifest().version, true);
});

test('every platform folder becomes an optional dependency', () => {
  const { version } = manifest();
  platform('linux-arm64-musl', version, true);
  expect(prepare()).toMatchObject({ status: 0, stderr: '' });
  expect(manifest().optionalDependencies).toEqual({
    'mpmetrics-linux-arm64-musl': version,
    'mpmetrics-linux-x64-gnu': version,
  });
});

test.each([
  [
    'without its binary',
    () => {
      platform('linux-arm64-musl', manifest().version, false);
    },
    'npm/linux-arm64-musl lacks mpmetrics.linux-arm64-musl.node: npm run prebuilds -- linux-arm64-musl.',
  ],
  [
    'of another version',
    () => {
      platform('linux-arm64-musl', '0.0.1', true);
    },
    'mpmetrics-linux-arm64-musl is 0.0.1',
  ],
])('a platform folder %s is refused, and the message names it', (_, damage, sentence) => {
  damage();
  const { status, stderr } = prepare();
  expect(stderr).toContain(sentence);
  expect(status).toBe(1);
  expect(manifest().optionalDependencies).toBeUndefined();
});

test('a package without its code is refused', () => {
  rmSync(join(copy, 'dist', 'index.js'));
  const { status, stderr } = prepare();
  expect(stderr).toContain('dist/index.js is missing');
  expect(status).toBe(1);
});
