/**
 * Bundles of this package's source and of prom-client, one CommonJS file each, for specs that load a new copy for each
 * program. A bundle is compiled once, and running it again takes a tenth of the time that loading the modules takes.
 * vitest.config.mts makes both before any test if a source has changed since, so that they are never out of date.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { build, version as bundler, type BuildOptions, type Plugin } from 'esbuild';
import { ModuleKind, ScriptTarget, transpileModule, version as language } from 'typescript';

const root = join(import.meta.dirname, '..', '..');

/** Path of this package's bundle, which exports modules by their path in `ts/`. */
export const SUBJECT = join(root, '.cache', 'subject.cjs');
/** Path of prom-client's bundle, which does not contain prom-client's dependencies. */
export const ORACLE = join(root, '.cache', 'oracle.cjs');

const oracle = createRequire(import.meta.url).resolve('prom-client');

/** The modules that are exported: public ones (`index`, and most of `http/`), and internal ones for specs. */
const MODULES = [
  ...['backends', 'index', 'metrics', 'metrics/hidden', 'storage', 'testing'],
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

/** Under this key, the process keeps the promise of the bundles: each project of a Vitest run loads the config again. */
const MADE = Symbol.for('mpmetrics.test.bundles');

/** Makes both bundles, once in this process. */
export function bundleClients(): Promise<void> {
  const made = globalThis as { [MADE]?: Promise<void> };
  return (made[MADE] ??= makeBoth());
}

async function makeBoth(): Promise<void> {
  const sources = join(root, 'ts');
  const stamp = join(root, '.cache', 'bundles.stamp');
  const wanted = digest(sources);
  const there = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';
  if (there === wanted && existsSync(SUBJECT) && existsSync(ORACLE)) return;
  const exported = MODULES.map((name) => `exports['${name}'] = require('./${name}');\n`).join('');
  const stdin = { contents: exported, resolveDir: sources, sourcefile: 'subject.js' };
  await make(SUBJECT, { stdin, plugins: [compiler] });
  await make(ORACLE, { entryPoints: [oracle], packages: 'external' });
  writeFileSync(stamp, wanted);
}

/** Returns a hash of all that the bundles are made of. */
function digest(sources: string): string {
  const hash = createHash('sha256').update([language, bundler, root].join('\n'));
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => join(sources, path));
  for (const file of [...files, import.meta.filename, join(dirname(oracle), 'package.json')]) {
    hash.update(`\n${file}\n`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

async function make(file: string, from: BuildOptions): Promise<void> {
  mkdirSync(dirname(file), { recursive: true });
  // A unique name, because another run in the same folder may be making the bundles, too.
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
