/**
 * The client's source and prom-client as one CommonJS file each, for specs that load them afresh for each program: a file
 * is compiled once, and running it again takes a tenth of the time of its modules. vitest.config.mts makes both before
 * any test, so that they are never old.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { build, type BuildOptions, type Plugin } from 'esbuild';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const root = join(import.meta.dirname, '..', '..');

/** The client's file; it exports modules by their path in `ts/`. */
export const SUBJECT = join(root, '.cache', 'subject.cjs');
/** prom-client's. What it requires stays outside. */
export const ORACLE = join(root, '.cache', 'oracle.cjs');

const oracle = createRequire(import.meta.url).resolve('prom-client');

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

/** Makes both bundles. */
export async function bundleClients(): Promise<void> {
  const exported = MODULES.map((name) => `exports['${name}'] = require('./${name}');\n`).join('');
  const stdin = { contents: exported, resolveDir: join(root, 'ts'), sourcefile: 'subject.js' };
  await make(SUBJECT, { stdin, plugins: [compiler] });
  await make(ORACLE, { entryPoints: [oracle], packages: 'external' });
}

async function make(file: string, from: BuildOptions): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  // Projects of one run each ask for it, in one process.
  const outfile = `${file}.${randomUUID()}`;
  await build({
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'warning',
    ...from,
    outfile,
  });
  // At once, for another run in the same folder may be reading it.
  renameSync(outfile, file);
}
