/**
 * Bundles the TypeScript for publication. One file has all modules, because a process reads and compiles one file in
 * half the time of a hundred. esbuild reads the sources and not what the compiler makes of them: the functions of an ES
 * module stay outside of the function that loads the module, so that V8 does not parse them twice. Each module that users load by name has a thin file of that name, which loads the
 * module from the file with all modules.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix } from 'node:path';

import { build } from 'esbuild';

import { root } from './steps.mjs';

const sources = join(root, 'ts');

/** The file with all modules. Code of `ts/binding.ts` that runs in a file of another name was bundled by a user. */
const WHOLE = 'mpmetrics.js';

/** Modules that are bundled each into a file of its own, because they are loaded before, or without, all others. */
const ALONE = ['register/index', 'register/loader', 'register/names'];

/** Modules that users import by a name of their own, for which `compile.mjs` writes ES modules, too. */
export const SUBPATHS = ['express', 'fastify', 'hono', 'koa', 'nest']
  .map((name) => `http/${name}`)
  .concat('http/index');

/** Returns the modules that have a thin file: the package exports them, or tests and benchmarks load them. */
function entries() {
  const lib = readdirSync(join(sources, 'lib'), { recursive: true })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => `lib/${path.slice(0, -'.ts'.length)}`);
  const own = ['index', 'cli', 'binding', 'meeting/index', 'storage/index'];
  return [...own, ...SUBPATHS, ...lib.sort()];
}

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
        (name) => `  get ${name}() {\n    return require('${path}').${name};\n  },\n`,
      );
      return { contents: `module.exports = {\n${accessors.join('')}};\n`, resolveDir: sources };
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

/**
 * Returns the text of a module whose only export is a function, which loads an entry by its name and returns it. The
 * exports of an entry are properties that can be replaced, as in prom-client, and not those of an ES module.
 */
function wholeText(names) {
  const file = (name) => (name === 'index' ? 'exported' : name);
  const loaders = names.map((name) => `  '${name}': () => require('./${file(name)}'),\n`).join('');
  return `'use strict';
const modules = {
${loaders}};
const loaded = new Map();
const exportsOf = (name) => {
  const all = modules[name]();
  if (!all.__esModule || name === 'index') return all;
  return Object.defineProperty({ ...all }, '__esModule', { value: true });
};
module.exports = (name) => {
  if (!loaded.has(name)) loaded.set(name, exportsOf(name));
  return loaded.get(name);
};
`;
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
 * Bundles all modules.
 *
 * @param {string} dist the folder to write to
 * @returns {Promise<string[]>} paths of the written files, relative to that folder
 */
export async function bundle(dist) {
  const names = entries();
  await build({
    ...OPTIONS,
    stdin: { contents: wholeText(names), resolveDir: sources, sourcefile: 'whole.js' },
    outfile: join(dist, WHOLE),
  });
  await build({
    ...OPTIONS,
    entryPoints: ALONE.map((name) => join(sources, `${name}.ts`)),
    outbase: sources,
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
