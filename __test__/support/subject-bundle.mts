/**
 * The client's source as one CommonJS file, for specs that load it afresh for each program: evaluating one file takes a
 * quarter of the time of a hundred modules. vitest.config.mts makes it before any test, so that it is never old.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { build, type Plugin } from 'esbuild';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const root = join(import.meta.dirname, '..', '..');

/** The file; it exports modules by their path in `ts/`. */
export const BUNDLE = join(root, '.cache', 'subject.cjs');

/** The package, and what specs look into. */
const MODULES = ['index', 'metrics', 'metrics/hidden', 'storage'];

/** What `tsc` makes of a file, as published: exports are plain properties. */
const compiler: Plugin = {
  name: 'typescript',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const { outputText } = transpileModule(readFileSync(path, 'utf8'), {
        fileName: path,
        compilerOptions: {
          module: ModuleKind.CommonJS,
          target: ScriptTarget.ES2022,
          isolatedModules: true,
        },
      });
      // The native module is looked for from where the source is.
      const names = `const __filename = ${JSON.stringify(path)};\n`;
      return { contents: names + outputText, loader: 'js' };
    });
  },
};

/** Makes the bundle. */
export async function bundleSubject(): Promise<void> {
  const exported = MODULES.map((name) => `exports['${name}'] = require('./${name}');\n`).join('');
  mkdirSync(dirname(BUNDLE), { recursive: true });
  // Projects of one run each ask for it, in one process.
  const made = `${BUNDLE}.${randomUUID()}`;
  await build({
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outfile: made,
    logLevel: 'warning',
    stdin: { contents: exported, resolveDir: join(root, 'ts'), sourcefile: 'subject.js' },
    plugins: [compiler],
  });
  // At once, for another run in the same folder may be reading it.
  renameSync(made, BUNDLE);
}
