/** Copies of prom-client that `mpmetrics/register` does not replace, because they have the old API. */

import { existsSync, realpathSync } from 'fs';
import { dirname, join } from 'path';

import { isOlder } from '../register/older';
import type { Copy, Dependent } from './copies';

/**
 * Returns a sentence for each copy that is not replaced.
 *
 * @param copies the clients that an application has
 * @param dependents the packages that depend on clients
 */
export function leftAlone(copies: readonly Copy[], dependents: readonly Dependent[]): string[] {
  return copies
    .filter(({ is, version }) => isOlder(is, version))
    .map(({ name, version, path }) => {
      const asking = dependents
        .filter((one) => one.name === name && loadedBy(one.path, name) === path)
        .map(({ who }) => who);
      const who = asking.length === 0 ? '' : `, which ${asking.join(' and ')} asks for`;
      return `It leaves ${name} ${version} alone${who}: before version 13 metrics() returned its text, not a promise.`;
    });
}

/** Returns the folder from which Node.js loads a client for a package; null if there is none. */
function loadedBy(folder: string, name: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name);
    if (existsSync(candidate)) return realpathSync(candidate);
    if (at === dirname(at)) return null;
  }
}
