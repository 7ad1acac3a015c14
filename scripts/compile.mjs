/** `node scripts/compile.mjs` makes `dist/`: compiles and bundles `ts/`, and writes the ES modules. */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { bundle, compiled, SUBPATHS } from './bundle.mjs';
import { main, root, run } from './steps.mjs';

const dist = join(root, 'dist');

/** Modules that have an ES module beside their CommonJS file. */
const BOTH = ['index', ...SUBPATHS];

/** Files in `dist/` that this script writes, beside the declarations and the bundles. */
const OWN = BOTH.flatMap((name) => [`${name}.mjs`, `${name}.d.mts`]);

/**
 * Removes from `dist/` what earlier builds left, because it would be published: declarations whose source no longer
 * exists, and any other file that this build did not make.
 */
function sweep(made) {
  for (const path of readdirSync(dist, { recursive: true })) {
    const source = join(root, 'ts', path.replace(/\.d\.ts$/, '.ts'));
    if (!/\.[^/]+$/.test(path) || made.has(path)) continue;
    if (!path.endsWith('.d.ts') || !existsSync(source)) rmSync(join(dist, path));
  }
}

/**
 * Returns the text of an ES module. It exports each name, because for `import { Counter } from 'mpmetrics'` Node.js
 * would otherwise have to guess the exports of the CommonJS file. Its default export has all of them.
 *
 * @param {string[]} names
 * @param {string} file name of the CommonJS file beside it
 */
export function moduleText(names, file = 'index.js') {
  const exported = names.map((name) => `export const ${name} = all.${name};\n`).join('');
  return `import all from './${file}';\n\nexport default all;\n${exported}`;
}

/** Compiles `ts/`, bundles it, and writes the ES modules. */
export async function compile() {
  // The compiler trusts `.tsbuildinfo`, and does not notice if its own output was deleted.
  const whole = existsSync(join(dist, 'index.d.ts')) && existsSync(join(compiled, 'index.js'));
  if (!whole) rmSync(join(compiled, '.tsbuildinfo'), { force: true });
  await run('npx', ['--no-install', 'tsc', '-p', 'tsconfig.json']);
  sweep(new Set([...OWN, ...(await bundle(dist))]));
  // `import client from 'mpmetrics'` compiles without `esModuleInterop`, too: see the end of `index.ts`.
  const declarations = readFileSync(join(dist, 'index.d.ts'), 'utf8');
  if (!declarations.includes('export default')) {
    appendFileSync(
      join(dist, 'index.d.ts'),
      "declare const all: typeof import('./index.js');\nexport default all;\n",
    );
  }
  for (const name of BOTH) {
    const file = `${basename(name)}.js`;
    // Reads only the names of the exports. The ES module reads their values, such as `contentType`, when it is loaded.
    const names = Object.keys(createRequire(import.meta.url)(join(dist, `${name}.js`)));
    writeFileSync(join(dist, `${name}.mjs`), moduleText(names, file));
    const all = `import * as all from './${file}';\n\nexport * from './${file}';\nexport default all;\n`;
    writeFileSync(join(dist, `${name}.d.mts`), all);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main(compile);
