/** Which module is answered for a name of prom-client's or one of its successors'. */

import { existsSync } from 'fs';
import { basename, dirname, join } from 'path';

import { olderVersion, warnOfOlder } from './older';

/** Packages with prom-client's API. */
export const CLIENTS: readonly string[] = [
  'prom-client',
  '@prometheus-io/client',
  '@platformatic/prom-client',
];

/** The folder of what is published: the file of all modules lies in it, the hooks in a folder below. */
const dist = basename(__dirname) === 'register' ? dirname(__dirname) : __dirname;

/** Deep paths whose file is called otherwise here. */
const RENAMED: Readonly<Record<string, string>> = { util: 'label-hashes' };

/**
 * The file of this package that is answered for a specifier.
 *
 * @param esm true for an `import`, which needs the file with all names
 * @param from the file that asks
 * @param installed gives the file that is there for it without this package; throws if there is none
 * @returns as {@link fileFor}; null also where an old prom-client is asked for, whose API is another
 */
export function answerTo(
  specifier: string,
  esm: boolean,
  from: string | undefined,
  installed: () => string,
): string | null {
  const file = fileFor(specifier, esm);
  const older = file === null ? null : olderVersion(fileOrNone(installed));
  if (older === null) return file;
  warnOfOlder(older, from);
  return null;
}

function fileOrNone(installed: () => string): string {
  try {
    return installed();
  } catch {
    // Not installed at all, as after an `npm uninstall`.
    return '/';
  }
}

/**
 * The file of this package that stands for a specifier.
 *
 * @param esm true for an `import`, which needs the file with all names
 * @returns an absolute path; null for what is none of our business: other packages, package.json, deep paths that
 *   this package does not have
 */
export function fileFor(specifier: string, esm: boolean): string | null {
  const name = CLIENTS.find((one) => specifier === one || specifier.startsWith(`${one}/`));
  if (name === undefined) return null;
  const inner = specifier.slice(name.length + 1).replace(/\.js$/, '');
  if (inner === '' || inner === 'index') return join(dist, esm ? 'index.mjs' : 'index.js');
  if (!inner.startsWith('lib/') || inner.includes('..')) return null;
  const path = inner.slice('lib/'.length);
  const file = join(dist, 'lib', `${RENAMED[path] ?? path}.js`);
  return existsSync(file) ? file : null;
}
