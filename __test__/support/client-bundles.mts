/**
 * Bundles of this package's source and of prom-client, one CommonJS file each, for specs that load a new copy for each
 * program. A bundle is compiled once, and running it again takes a tenth of the time that loading the modules takes.
 * vitest.config.mts makes both before any test, so that they are never out of date.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { build, type BuildOptions, type Plugin } from 'esbuild';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';

const root = join(import.meta.dirname, '..', '..');

/** Path of this package's bundle, which exports modules by their path in `ts/`. */
export const SUBJECT = join(root, '.cache', 'subject.cjs');
/** Path of prom-client's bundle, which does not contain prom-client's dependencies. */
export const ORACLE = join(root, '.cache', 'oracle.cjs');

const oracle = createRequire(import.meta.url).resolve('prom-client');

/** The modules that are exported: the public one, and internal ones for specs. */
const MODULES = [
  ...['index', 'metrics', 'metrics/hidden', 'storage'],
  ...['index', 'express', 'fastify', 'hono', 'koa', 'nest', 'automatic'].map(
    (name) => `http/${name}`,
  ),
];

/** Compiles sources as `tsc` does for the published package: exports are plain properties. */
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
      // The source looks for the native module relative to its own path.
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
  // A unique name, because each project of a Vitest run makes the bundles, all in one process.
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
  // Replaces the file atomically, because another run in the same folder may be reading it.
  renameSync(outfile, file);
}
