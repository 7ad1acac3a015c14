/** Finds the file of this package that replaces a module of prom-client or its successors. */

import { existsSync } from 'fs';
import { basename, dirname, join } from 'path';

import { olderVersion, warnOfOlder } from './older';

/** Packages with prom-client's API. */
export const CLIENTS: readonly string[] = [
  'prom-client',
  '@prometheus-io/client',
  '@platformatic/prom-client',
];

/** The published folder. The bundle of all modules is in it, and the hooks are in its folder `register`. */
const dist = basename(__dirname) === 'register' ? dirname(__dirname) : __dirname;

/** Deep paths whose file has another name in this package. */
const RENAMED: Readonly<Record<string, string>> = { util: 'label-hashes' };

/**
 * Returns the file of this package that replaces a specifier, and warns if the installed prom-client is too old.
 *
 * @param esm true for an `import`, which needs the ES module that exports all names
 * @param from the importing file
 * @param installed returns the file that Node.js would load if this package replaced nothing; throws if there is none
 * @returns as {@link fileFor}; null also for an old prom-client, whose API is different
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
    // No prom-client is installed, for example after `npm uninstall`.
    return '/';
  }
}

/**
 * Returns the file of this package for a specifier.
 *
 * @param esm true for an `import`, which needs the ES module that exports all names
 * @returns an absolute path; null for other packages, package.json, and deep paths that this package does not have
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
