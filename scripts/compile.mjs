/** TypeScript to `dist/`, and the ES module face of it. */
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

/** Files in `dist/` beside the declarations and what is bundled. */
const OWN = ['index.mjs', 'index.d.mts'];

/** Removes what an earlier build made of sources that are gone: it would be published. */
function sweep(made) {
  for (const path of readdirSync(dist, { recursive: true })) {
    const source = join(root, 'ts', path.replace(/\.d\.ts$/, '.ts'));
    if (!/\.[^/]+$/.test(path) || made.has(path)) continue;
    if (!path.endsWith('.d.ts') || !existsSync(source)) rmSync(join(dist, path));
  }
}

/**
 * The text of `index.mjs`: each export by name, so that `import { Counter } from 'mpmetrics'` works
 * without Node.js guessing at the CommonJS file, and all of them as the default export.
 *
 * @param {string[]} names
 */
export function moduleText(names) {
  const exported = names.map((name) => `export const ${name} = all.${name};\n`).join('');
  return `import all from './index.js';\n\nexport default all;\n${exported}`;
}

/** Compiles `ts/`, bundles it, and writes the ES module wrapper. */
export async function compile() {
  // The compiler goes by what it wrote last, also where that is gone.
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
  // Only names are asked for: accessors such as `contentType` are read when the wrapper is loaded.
  const names = Object.keys(createRequire(import.meta.url)(join(dist, 'index.js')));
  writeFileSync(join(dist, 'index.mjs'), moduleText(names));
  writeFileSync(
    join(dist, 'index.d.mts'),
    "import * as all from './index.js';\n\nexport * from './index.js';\nexport default all;\n",
  );
}
