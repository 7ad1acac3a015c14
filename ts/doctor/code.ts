/** Searches code for features of a client that work differently in this package. */

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
  const look = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && !entry.name.startsWith('.')) look(path);
      } else if (CODE.test(entry.name) && left-- > 0 && statSync(path).size <= MOST_BYTES) {
        const text = readFileSync(path, 'utf8');
        if (!CLIENT.test(text)) continue;
        for (const [word] of text.matchAll(/\b[A-Za-z]+\b/g)) words.add(word);
        for (const [, deep] of text.matchAll(DEEP)) {
          if (fileFor(deep!, false) === null) missing.set(deep!, path);
        }
      }
    }
  };
  for (const folder of folders) {
    try {
      look(folder);
    } catch {
      // A file or folder cannot be read: the rest of this package is not searched.
    }
  }
  const any = (...names: string[]): boolean => names.some((name) => words.has(name));
  return {
    cluster: any('AggregatorRegistry', 'ClusterRegistry', 'WorkerRegistry', 'clusterMetrics'),
    summaries: any('Summary'),
    defaultMetrics: any('collectDefaultMetrics'),
    pushgateway: any('Pushgateway'),
    missing,
  };
}
