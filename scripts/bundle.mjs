/**
 * What is published of the compiled TypeScript: one file with all modules, because a process that starts reads and compiles
 * one file in half the time of a hundred, and a thin file for each name by which users load something.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';

import { build } from 'esbuild';

import { root } from './steps.mjs';

/** Where the compiler puts its JavaScript, a file for each of `ts/`. */
export const compiled = join(root, 'target', 'ts');

/** The file with all modules. `ts/binding.ts` knows its name. */
const WHOLE = 'mpmetrics.js';

/** Modules with a file of their own that is loaded before, or without, all others. */
const ALONE = ['register/index', 'register/loader', 'register/names'];

/** Modules that have a thin file: what the package exports, and what the tests and benchmarks look into. */
function entries() {
  const lib = readdirSync(join(compiled, 'lib'), { recursive: true })
    .filter((path) => path.endsWith('.js'))
    .map((path) => `lib/${path.slice(0, -'.js'.length)}`);
  return ['index', 'cli', 'binding', 'meeting/index', 'storage/index', ...lib.sort()];
}

const OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  logLevel: 'warning',
};

/** The text of a module that gives each entry by its name, and evaluates it when it is first asked for. */
function wholeText(names) {
  const loaders = names.map((name) => `  '${name}': () => require('./${name}'),\n`).join('');
  return `'use strict';\nconst modules = {\n${loaders}};\nmodule.exports = (name) => modules[name]();\n`;
}

/**
 * The text of a thin file.
 *
 * @param {string} name the module's
 * @param {string[]} exported names for Node.js, which looks for them in the text where an ES module imports it
 */
function thinText(name, exported) {
  const whole = posix.relative(posix.dirname(name), WHOLE);
  const first = name === 'cli' ? '#!/usr/bin/env node\n' : '';
  const told = exported.length === 0 ? '' : `0 && (module.exports = { ${exported.join(', ')} });\n`;
  const path = whole.startsWith('.') ? whole : `./${whole}`;
  return `${first}'use strict';\nmodule.exports = require('${path}')('${name}');\n${told}`;
}

/**
 * Bundles what the compiler made.
 *
 * @param {string} dist the folder to write to
 * @returns {Promise<string[]>} the files that were written, from there
 */
export async function bundle(dist) {
  const names = entries();
  await build({
    ...OPTIONS,
    stdin: { contents: wholeText(names), resolveDir: compiled, sourcefile: 'whole.js' },
    outfile: join(dist, WHOLE),
  });
  await build({
    ...OPTIONS,
    entryPoints: ALONE.map((name) => join(compiled, `${name}.js`)),
    outbase: compiled,
    outdir: dist,
  });
  const load = createRequire(import.meta.url)(join(dist, WHOLE));
  for (const name of names) {
    const file = join(dist, `${name}.js`);
    mkdirSync(dirname(file), { recursive: true });
    // The command runs when it is loaded.
    const all = name === 'cli' ? {} : load(name);
    writeFileSync(file, thinText(name, typeof all === 'function' ? [] : Object.keys(all)));
  }
  const bundled = [WHOLE.slice(0, -'.js'.length), ...ALONE];
  const maps = bundled.map((name) => `${name}.js.map`);
  return [...[...names, ...bundled].map((name) => `${name}.js`), ...maps];
}
