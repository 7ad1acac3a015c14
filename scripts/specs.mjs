/**
 * Runs the specs that start no process: `node scripts/specs.mjs`. `node scripts/specs.mjs list` prints their names. A
 * spec is one of these if neither it nor a file of the tests and scripts that it imports, directly or indirectly,
 * imports `node:child_process`.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { main, root, run } from './steps.mjs';

/** Captures the module that an import names. Prettier puts an import, or its last line, at the margin. */
const IMPORTS = /^(?:import|export|\}) .*'([^']+)';$/gm;

/** Endings of a file's name that an import may leave out. */
const ENDINGS = ['', '.ts', '/index.ts'];

/** Environment of the specs: each test that generates random inputs makes 50 runs, fewer than by default. */
const SIZES = { MPMETRICS_TEST_RUNS: '50' };

/** Returns the file that a relative import names; undefined if it is outside of the tests and scripts. */
function imported(file, specifier) {
  if (!specifier.startsWith('.')) return undefined;
  const path = join(dirname(file), specifier);
  if (!['__test__/', 'scripts/'].some((folder) => path.startsWith(join(root, folder))))
    return undefined;
  return ENDINGS.map((ending) => path + ending).find(
    (one) => existsSync(one) && statSync(one).isFile(),
  );
}

/** Returns whether a file imports `node:child_process`, directly or through files that it imports. */
function startsProcesses(file, seen) {
  if (seen.has(file)) return false;
  seen.add(file);
  const specifiers = [...readFileSync(file, 'utf8').matchAll(IMPORTS)].map(([, name]) => name);
  if (specifiers.some((name) => /^(node:)?child_process$/.test(name))) return true;
  const files = specifiers.map((name) => imported(file, name));
  return files.some((next) => next !== undefined && startsProcesses(next, seen));
}

/**
 * Returns the specs that start no process.
 *
 * @returns {string[]} paths from the repository's root
 */
export function specsWithoutProcesses() {
  return readdirSync(join(root, '__test__'), { recursive: true })
    .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules/'))
    .map((path) => `__test__/${path}`)
    .filter((path) => !startsProcesses(join(root, path), new Set()))
    .sort();
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    const specs = specsWithoutProcesses();
    if (process.argv[2] === 'list') {
      process.stdout.write(`${specs.join('\n')}\n`);
      return;
    }
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'direct*'];
    await run(process.execPath, [...vitest, ...specs], { show: true, env: SIZES });
  });
}
