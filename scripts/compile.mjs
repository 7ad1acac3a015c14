/** Makes `dist/`: compiles and bundles `ts/`, and writes the ES module wrapper. */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { bundle, compiled } from './bundle.mjs';
import { root, run } from './steps.mjs';

const dist = join(root, 'dist');

/** Files in `dist/` that this script writes, beside the declarations and the bundles. */
const OWN = ['index.mjs', 'index.d.mts'];

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
 * Returns the text of `index.mjs`. It exports each name, because for `import { Counter } from 'mpmetrics'` Node.js
 * would otherwise have to guess the exports of the CommonJS file. Its default export has all of them.
 *
 * @param {string[]} names
 */
export function moduleText(names) {
  const exported = names.map((name) => `export const ${name} = all.${name};\n`).join('');
  return `import all from './index.js';\n\nexport default all;\n${exported}`;
}

/** Compiles `ts/`, bundles it, and writes the ES module wrapper. */
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
  // Reads only the names of the exports. The wrapper reads accessors such as `contentType` when it is loaded.
  const names = Object.keys(createRequire(import.meta.url)(join(dist, 'index.js')));
  writeFileSync(join(dist, 'index.mjs'), moduleText(names));
  writeFileSync(
    join(dist, 'index.d.mts'),
    "import * as all from './index.js';\n\nexport * from './index.js';\nexport default all;\n",
  );
}
