/** Bundled applications, with mpmetrics in the bundle or left out of it. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { spawn } from 'node:child_process';

import { Program } from '../support/application';
import { bundle } from '../support/bundler';
import { plainEnvironment } from '../support/plain-environment';
import { source } from '../support/programs';

const root = join(__dirname, '..', '..');
const platform = join(root, 'npm', 'linux-x64-gnu');
const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-bundle-'));
const segments = mkdtempSync(join('/dev/shm', 'mpmetrics-test-'));

/** Lines that the primary prints if the workers share its metrics. */
const SHARED = ['jobs_total{kind="a"} 4', 'took_bucket{le="1"} 0', 'took_bucket{le="2"} 2'];

beforeAll(() => {
  // The published package, without the local build beside it.
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'mpmetrics'), { recursive: true });
  cpSync(join(root, 'package.json'), join(modules, 'mpmetrics', 'package.json'));
  cpSync(join(root, 'dist'), join(modules, 'mpmetrics', 'dist'), { recursive: true });
  symlinkSync(platform, join(modules, 'mpmetrics-linux-x64-gnu'));
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  writeFileSync(join(folder, 'app.mjs'), source('package/bundle/app.mjs'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(segments, { recursive: true, force: true });
});

/** Runs a script. Returns the lines of its scrape, and its stderr. */
async function run(
  script: string,
  extra: Record<string, string> = {},
): Promise<{ seen: string[]; errors: string }> {
  const program = new Program(
    spawn(process.execPath, [script], {
      env: plainEnvironment({ MPMETRICS_DIR: segments, ...extra }),
      stdio: ['pipe', 'pipe', 'pipe'],
    }),
  );
  const seen = JSON.parse(await program.line()) as string[];
  expect(await program.ended).toBe(0);
  return { seen, errors: program.errors };
}

const ESM = [
  '--format=esm',
  // esbuild's documentation recommends this for packages that require core modules of Node.js.
  `--banner:js=import{createRequire as r}from'node:module';const require=r(import.meta.url);`,
];

test.each([
  ['within a CommonJS bundle', 'cjs.js', ['--format=cjs']],
  ['within a minified bundle', 'min.js', ['--format=cjs', '--minify']],
  ['within an ES module', 'esm.mjs', ESM],
  ['left out of a CommonJS bundle', 'out.cjs', ['--format=cjs', '--external:mpmetrics']],
  ['left out of an ES module', 'out.mjs', ['--format=esm', '--external:mpmetrics']],
])('%s', async (_, name, options) => {
  await bundle(folder, 'app.mjs', `--outfile=build/${name}`, ...options);
  const { seen, errors } = await run(join(folder, 'build', name));
  expect(errors).toBe('');
  expect(seen).toEqual(expect.arrayContaining(SHARED));
});

test('a bundle without the native module warns with instructions, and these work', async () => {
  const alone = join(folder, 'build', 'alone.js');
  await bundle(folder, 'app.mjs', `--outfile=${alone}`, '--format=cjs');
  const elsewhere = mkdtempSync(join(tmpdir(), 'mpmetrics-bundle-'));
  try {
    const script = join(elsewhere, 'server.js');
    cpSync(alone, script);
    const without = await run(script);
    expect(without.seen.filter((line) => line.startsWith('jobs_total'))).toEqual([]);
    const said = without.errors.split('\n').filter((line) => line.includes('MPMETRICS_MEMORY'));
    // One warning of the primary, and one of each of its two workers.
    expect(said).toHaveLength(3);
    for (const advice of [
      'mpmetrics-linux-x64-gnu is not installed where this bundle can find it',
      '--external:mpmetrics',
      "serverExternalPackages: ['mpmetrics']",
      "outputFileTracingIncludes with 'node_modules/mpmetrics-linux-x64-gnu/**'",
    ]) {
      expect(said[0]).toContain(advice);
    }
    const binary = 'mpmetrics.linux-x64-gnu.node';
    const named = await run(script, { MPMETRICS_NATIVE: join(platform, binary) });
    expect(named.seen).toEqual(expect.arrayContaining(SHARED));
    cpSync(join(platform, binary), join(elsewhere, binary));
    const beside = await run(script);
    expect(beside.errors).toBe('');
    expect(beside.seen).toEqual(expect.arrayContaining(SHARED));
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
