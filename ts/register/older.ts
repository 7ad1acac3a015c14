/** Copies of prom-client with the old API: before version 13 `metrics()` returned its text at once. */

import { readFileSync } from 'fs';
import { basename, dirname, join } from 'path';

import { warnOnce } from '../errors';

/** The first version of prom-client whose `metrics()` returns a promise. */
const FIRST = 13;

interface Manifest {
  folder: string;
  name: string;
  version: string;
}

/**
 * The version of a file's prom-client, if that has the old API; null for all others, also for a package that was
 * installed under prom-client's name.
 *
 * @param file what the name is resolved to without this package
 */
export function olderVersion(file: string): string | null {
  const own = manifestAbove(file);
  return own !== null && isOlder(own.name, own.version) ? own.version : null;
}

/**
 * True for a prom-client with the old API.
 *
 * @param name in its own package.json
 */
export function isOlder(name: string, version: string): boolean {
  return name === 'prom-client' && Number.parseInt(version, 10) < FIRST;
}

/**
 * Warns, once for each package that requires it, that an old prom-client is not replaced.
 *
 * @param version its version
 * @param from the importing file; undefined if it is unknown
 */
export function warnOfOlder(version: string, from: string | undefined): void {
  const asking = from === undefined ? null : manifestAbove(from);
  const who = asking === null ? (from ?? 'the program') : shown(asking);
  warnOnce(
    'MPMETRICS_REGISTER',
    `${who} asks for prom-client ${version} and gets it, not mpmetrics: before version ${FIRST} metrics() returned ` +
      'its text, not a promise. What it counts is not shared; a newer version of it may ask for a newer prom-client',
    `${version} ${who}`,
  );
}

function shown({ name, version, folder }: Manifest): string {
  if (name === '') return basename(folder);
  return version === '' ? name : `${name}@${version}`;
}

/** The nearest package.json above a file that says more than how files are read. */
function manifestAbove(file: string): Manifest | null {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  let nearest: Manifest | null = null;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const read = manifestIn(folder);
    if (read !== null) {
      const found = { folder, name: text(read['name']), version: text(read['version']) };
      if (found.name !== '') return found;
      // An application need not have a name.
      nearest ??= found;
    }
    if (folder === dirname(folder) || basename(dirname(folder)) === 'node_modules') return nearest;
  }
}

/** A folder's package.json; null if there is none that can be read. */
export function manifestIn(folder: string): Readonly<Record<string, unknown>> | null {
  try {
    const read: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof read === 'object' ? (read as Readonly<Record<string, unknown>> | null) : null;
  } catch {
    // There is none here, or it cannot be read.
    return null;
  }
}
