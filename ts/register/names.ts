/** The module that replaces one of prom-client or its successors. */

import { existsSync } from 'fs';
import { basename, dirname, join } from 'path';

import { olderVersion, warnOfOlder } from './older';

/** Packages with prom-client's API. */
export const CLIENTS: readonly string[] = [
  'prom-client',
  '@prometheus-io/client',
  '@platformatic/prom-client',
];

/** The published folder, with the file of all modules; the hooks are in a folder below. */
const dist = basename(__dirname) === 'register' ? dirname(__dirname) : __dirname;

/** Deep paths whose file has another name here. */
const RENAMED: Readonly<Record<string, string>> = { util: 'label-hashes' };

/**
 * The file of this package that replaces a specifier.
 *
 * @param esm true for an `import`, which needs the file with all names
 * @param from the importing file
 * @param installed returns its file without this package; throws if there is none
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
    // Not installed at all, as after an `npm uninstall`.
    return '/';
  }
}

/**
 * The file of this package for a specifier.
 *
 * @param esm true for an `import`, which needs the file with all names
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
