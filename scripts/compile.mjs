/** TypeScript to `dist/`, and the ES module face of it. */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { root, run } from './steps.mjs';

const dist = join(root, 'dist');

/** Files in `dist/` that no TypeScript file stands for. */
const OWN = new Set(['index.mjs', 'index.d.mts', '.tsbuildinfo']);

/** Removes what an earlier build made of sources that are gone: it would be published. */
function sweep(folder, below) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const inner = join(below, name);
    if (statSync(path).isDirectory()) {
      sweep(path, inner);
      if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
    } else if (!OWN.has(inner)) {
      const source = inner.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts');
      if (!existsSync(join(root, 'ts', source))) rmSync(path);
    }
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

/** Compiles `ts/` and writes the ES module wrapper. */
export async function compile() {
  await run('npx', ['--no-install', 'tsc', '-p', 'tsconfig.json']);
  sweep(dist, '');
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
