/**
 * Specs of `__test__/compat` on other systems: the same programs with prom-client and with this package, in memory and in
 * shared memory. Vitest does not run on all of these systems, so esbuild bundles the specs with
 * `__test__/platforms/vitest.ts` in its place.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { build } from 'esbuild';

import { Refusal, root, run } from './steps.mjs';

/** The specs. */
const SPECS = ['counter', 'gauge', 'histogram', 'summary'];

/** The longest time that the specs may take on one system. */
const PATIENCE_MS = 600_000;

const tests = join(root, '__test__');
const bundle = join(root, '.cache', 'guest-specs.cjs');

/** Puts empty modules in place of packages that only the machine with the bundler needs. */
const absent = {
  name: 'absent',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(esbuild|typescript)$/ }, ({ path }) => ({ path, namespace: 'absent' }));
    onLoad({ filter: /.*/, namespace: 'absent' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** Makes the bundle of the specs. */
export async function bundleSpecs() {
  // Vitest's config makes the bundles of both clients.
  await run('npx', ['vitest', 'list', '--project', 'direct', '--filesOnly', 'compat/counter']);
  const file = join(tests, 'support', 'client-bundles.mts');
  await build({
    stdin: {
      contents: SPECS.map((name) => `import './compat/${name}.test.ts';\n`).join(''),
      resolveDir: tests,
    },
    alias: { vitest: join(tests, 'platforms', 'vitest.ts') },
    plugins: [absent],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // The values for `client-bundles.mts`: no other file in the bundle reads them.
    define: {
      'import.meta.dirname': JSON.stringify(join(tests, 'support')),
      'import.meta.url': JSON.stringify(pathToFileURL(file).href),
    },
    logLevel: 'warning',
    outfile: bundle,
  });
}

/**
 * Runs the specs on a system.
 *
 * @param {{ command: string[], env: Record<string, string>, wrapper: string[] }} guest of `installGuest`
 * @param {string} native the path of the native module
 * @returns {{ passed: number, failed: string[] }}
 */
export function runSpecs({ command, env, wrapper }, native) {
  const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-specs-'));
  try {
    const [first, ...rest] = [...wrapper, ...command, bundle];
    const done = spawnSync(first, rest, {
      env: {
        ...process.env,
        ...env,
        MPMETRICS_NATIVE: native,
        MPMETRICS_TEST_FOLDER: folder,
        // In a test runner, metrics are kept in memory where a spec does not name a segment.
        VITEST: 'true',
      },
      encoding: 'utf8',
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    const line = done.stdout.split('\n').find((one) => one.startsWith('{"passed"'));
    if (line !== undefined) return JSON.parse(line);
    throw new Refusal(`the specs ended with ${done.signal ?? done.status}: ${done.stderr}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
