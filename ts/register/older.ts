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
 * Returns the version of the prom-client to which a file belongs, if it has the old API. Returns null for all other
 * files, also of another package that is installed under prom-client's name.
 *
 * @param file the file that Node.js would load if this package replaced nothing
 */
export function olderVersion(file: string): string | null {
  const own = manifestAbove(file);
  return own !== null && isOlder(own.name, own.version) ? own.version : null;
}

/**
 * True for a prom-client with the old API.
 *
 * @param name the name in the package's own package.json
 */
export function isOlder(name: string, version: string): boolean {
  return name === 'prom-client' && Number.parseInt(version, 10) < FIRST;
}

/**
 * Warns, once for each package that requires it, that an old prom-client is not replaced.
 *
 * @param version the version of prom-client
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

/**
 * Returns the nearest package.json with a name in the folders above a file; if none has a name, the nearest of all. A
 * search that begins below a folder `node_modules` does not leave that folder. (A package.json without a name may only
 * say how Node.js loads the files of a folder.)
 */
function manifestAbove(file: string): Manifest | null {
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  let nearest: Manifest | null = null;
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    const read = manifestIn(folder);
    if (read !== null) {
      const found = { folder, name: text(read['name']), version: text(read['version']) };
      if (found.name !== '') return found;
      // The package.json of an application may have no name.
      nearest ??= found;
    }
    if (folder === dirname(folder) || basename(dirname(folder)) === 'node_modules') return nearest;
  }
}

/** Returns a folder's package.json; null if there is none that can be read. */
export function manifestIn(folder: string): Readonly<Record<string, unknown>> | null {
  try {
    const read: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    return typeof read === 'object' ? (read as Readonly<Record<string, unknown>> | null) : null;
  } catch {
    return null;
  }
}
