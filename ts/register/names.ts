/** Which module is answered for a name of prom-client's or one of its successors'. */

import { existsSync } from 'fs';
import { join } from 'path';

/** Packages with prom-client's API. */
const NAMES: readonly string[] = [
  'prom-client',
  '@prometheus-io/client',
  '@platformatic/prom-client',
];

const dist = join(__dirname, '..');

/** Deep paths whose file is called otherwise here. */
const RENAMED: Readonly<Record<string, string>> = { util: 'label-hashes' };

/**
 * The file of this package that stands for a specifier.
 *
 * @param esm true for an `import`, which needs the file with all names
 * @returns an absolute path; null for what is none of our business: other packages, package.json, deep paths that
 *   this package does not have
 */
export function fileFor(specifier: string, esm: boolean): string | null {
  const name = NAMES.find((one) => specifier === one || specifier.startsWith(`${one}/`));
  if (name === undefined) return null;
  const inner = specifier.slice(name.length + 1).replace(/\.js$/, '');
  if (inner === '' || inner === 'index') return join(dist, esm ? 'index.mjs' : 'index.js');
  if (!inner.startsWith('lib/') || inner.includes('..')) return null;
  const path = inner.slice('lib/'.length);
  const file = join(dist, 'lib', `${RENAMED[path] ?? path}.js`);
  return existsSync(file) ? file : null;
}
