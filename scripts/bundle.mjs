/**
 * Bundles the compiled TypeScript for publication. One file has all modules, because a process reads and compiles it in
 * half the time that a file for each module takes. The bundle is made from the CommonJS that the TypeScript compiler
 * makes: from ES modules, esbuild would turn constants into variables, whose values V8 does not take for constant, and
 * an observation of a summary would take 31 % longer.
 * Each module that users load by name has a thin file of that name, which loads the module from the file with all
 * modules.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';

import { build } from 'esbuild';

import { root } from './steps.mjs';

/** The folder of the JavaScript that the compiler makes, with a file for each file of `ts/`. */
export const compiled = join(root, 'target', 'ts');

/** The file with all modules. By this name, `ts/binding.ts` knows that its code was not bundled by a user. */
const WHOLE = 'mpmetrics.js';

/** Modules that are bundled each into a file of its own, because they are loaded before, or without, all others. */
const ALONE = ['register/index', 'register/loader', 'register/names'];

/** Modules that users import by a name of their own, for which `compile.mjs` writes ES modules, too. */
export const SUBPATHS = ['express', 'fastify', 'hono', 'koa', 'nest']
  .map((name) => `http/${name}`)
  .concat('http/index', 'redis/index', 'testing/index');

/** Returns the modules that have a thin file: the package exports them, or tests and benchmarks load them. */
function entries() {
  const lib = readdirSync(join(compiled, 'lib'), { recursive: true })
    .filter((path) => path.endsWith('.js'))
    .map((path) => `lib/${path.slice(0, -'.js'.length)}`);
  const own = ['index', 'cli', 'binding', 'meeting/index', 'storage/index'];
  return [...own, ...SUBPATHS, ...lib.sort()];
}

const sources = join(root, 'ts');

/** Modules of Node.js that take long to load, and that most programs do not use. Their exports are loaded when used. */
const LAZY = ['crypto', 'http', 'https', 'net', 'perf_hooks', 'v8', 'zlib'];

/**
 * Returns the names that the sources import from a module of {@link LAZY}.
 *
 * @param {string} module its name
 */
function importedNames(module) {
  const files = readdirSync(sources, { recursive: true }).filter((path) => path.endsWith('.ts'));
  const names = files.flatMap((file) => {
    const text = readFileSync(join(sources, file), 'utf8');
    const imports = [...text.matchAll(/^import (?!type )([^;]*?) from '(.*?)';/gms)];
    return imports.flatMap(([, what, from]) => {
      if (from !== module) return [];
      const list = /^\{(.*)\}$/s.exec(what.trim());
      if (list === null) throw new Error(`${file} has to import names from ${module}`);
      const each = list[1].split(',').map((name) => name.trim());
      return each.filter((name) => name !== '' && !name.startsWith('type '));
    });
  });
  return [...new Set(names.map((name) => name.split(' as ')[0]))].sort();
}

/** Puts an object with an accessor for each imported name into the place of a module of {@link LAZY}. */
const lazily = {
  name: 'lazily',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: new RegExp(`^(${LAZY.join('|')})$`) }, ({ path, namespace }) =>
      namespace === 'lazy' ? { path, external: true } : { path, namespace: 'lazy' },
    );
    onLoad({ filter: /./, namespace: 'lazy' }, ({ path }) => {
      const accessors = importedNames(path).map(
        (name) => `  get ${name}() {\n    return load().${name};\n  },\n`,
      );
      // Keeps the module: a metric's timer may run after a test has ended, when Jest refuses to load a module.
      const load = `let loaded;\nconst load = () => (loaded ??= require('${path}'));\n`;
      const contents = `${load}module.exports = {\n${accessors.join('')}};\n`;
      return { contents, resolveDir: sources };
    });
  },
};

const OPTIONS = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  plugins: [lazily],
  logLevel: 'warning',
};

/** Returns the text of a module whose only export is a function, which loads an entry by its name and returns it. */
function wholeText(names) {
  const loaders = names.map((name) => `  '${name}': () => require('./${name}'),\n`).join('');
  return `'use strict';\nconst modules = {\n${loaders}};\nmodule.exports = (name) => modules[name]();\n`;
}

/**
 * Returns the text of a thin file.
 *
 * @param {string} name of the module
 * @param {string[]} exported names of the exports, which Node.js reads from the text when an ES module imports the file
 */
function thinText(name, exported) {
  const whole = posix.relative(posix.dirname(name), WHOLE);
  const first = name === 'cli' ? '#!/usr/bin/env node\n' : '';
  const told = exported.length === 0 ? '' : `0 && (module.exports = { ${exported.join(', ')} });\n`;
  const path = whole.startsWith('.') ? whole : `./${whole}`;
  return `${first}'use strict';\nmodule.exports = require('${path}')('${name}');\n${told}`;
}

/**
 * Bundles the JavaScript that the compiler made.
 *
 * @param {string} dist the folder to write to
 * @returns {Promise<string[]>} paths of the written files, relative to that folder
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
    // The module `cli` is not loaded here, because loading it runs the command.
    const all = name === 'cli' ? {} : load(name);
    writeFileSync(file, thinText(name, typeof all === 'function' ? [] : Object.keys(all)));
  }
  const bundled = [WHOLE.slice(0, -'.js'.length), ...ALONE];
  const maps = bundled.map((name) => `${name}.js.map`);
  return [...[...names, ...bundled].map((name) => `${name}.js`), ...maps];
}
