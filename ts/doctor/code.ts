/** Searches code for features of a client (prom-client or a successor) that work differently in this package. */

import { readdirSync, readFileSync, statSync } from 'fs';
import { join } from 'path';

import { CLIENTS, fileFor } from '../register/names';

/** Maximum number of files that are read, and maximum size of each in bytes. */
const MOST_FILES = 5_000;
const MOST_BYTES = 1_000_000;

const CODE = /\.[cm]?[jt]sx?$/;
const DEEP = new RegExp(`['"\`]((?:${CLIENTS.join('|')})/lib/[\\w./-]+)['"\`]`, 'g');
const CLIENT = new RegExp(`['"\`](?:${CLIENTS.join('|')})(?:/[\\w./-]+)?['"\`]`);

/** Which features of a client the code uses. */
export interface Usage {
  readonly cluster: boolean;
  readonly summaries: boolean;
  readonly defaultMetrics: boolean;
  readonly pushgateway: boolean;
  /** Deep paths that this package does not have, with a file that uses each. */
  readonly missing: ReadonlyMap<string, string>;
}

/**
 * Searches the code of packages, without the code of their dependencies.
 *
 * @param folders the packages' folders
 */
export function usageIn(folders: readonly string[]): Usage {
  const missing = new Map<string, string>();
  const words = new Set<string>();
  let left = MOST_FILES;
  const read = (path: string): void => {
    if (left-- <= 0 || statSync(path).size > MOST_BYTES) return;
    const text = readFileSync(path, 'utf8');
    if (!CLIENT.test(text)) return;
    for (const [word] of text.matchAll(/\b[A-Za-z]+\b/g)) words.add(word);
    for (const [, deep] of text.matchAll(DEEP)) {
      if (fileFor(deep!, false) === null) missing.set(deep!, path);
    }
  };
  const look = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        const own = entry.name !== 'node_modules' && !entry.name.startsWith('.');
        if (own) ifReadable(look, path);
      } else if (CODE.test(entry.name)) ifReadable(read, path);
    }
  };
  for (const folder of folders) ifReadable(look, folder);
  const any = (...names: string[]): boolean => names.some((name) => words.has(name));
  return {
    cluster: any('AggregatorRegistry', 'ClusterRegistry', 'WorkerRegistry', 'clusterMetrics'),
    summaries: any('Summary'),
    defaultMetrics: any('collectDefaultMetrics'),
    pushgateway: any('Pushgateway'),
    missing,
  };
}

/** Skips a file or folder that cannot be read: a broken link, or a file of another user. */
function ifReadable(action: (path: string) => void, path: string): void {
  try {
    action(path);
  } catch {
    return;
  }
}
