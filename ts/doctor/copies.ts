/**
 * Copies of prom-client, its successors and this package below a folder, and the packages that depend on prom-client or
 * a successor.
 */

import { existsSync, readdirSync, realpathSync } from 'fs';
import { join } from 'path';

import { CLIENTS } from '../register/names';
import { manifestIn } from '../register/older';

/** An installed package. */
export interface Copy {
  /** The name by which it is loaded. */
  readonly name: string;
  /** The name in its own package.json. It differs from `name` if an alias or an override installed the copy. */
  readonly is: string;
  readonly version: string;
  readonly path: string;
}

/** A package that depends on a client: prom-client or a successor. */
export interface Dependent {
  readonly who: string;
  /** The package's folder. */
  readonly path: string;
  readonly name: string;
  readonly range: string;
}

export interface Installed {
  readonly copies: readonly Copy[];
  readonly dependents: readonly Dependent[];
}

/** The keys of a package.json that are read. */
export interface Manifest {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  scripts?: Record<string, string>;
}

/** A folder's package.json; null if there is none, or it cannot be read. */
export function manifestOf(folder: string): Manifest | null {
  return manifestIn(folder);
}

/** Searches the `node_modules` of a folder and of each package that it finds there, including pnpm's store. */
export function installedBelow(folder: string): Installed {
  const copies = new Map<string, Copy>();
  const dependents = new Map<string, Dependent>();
  const seen = new Set<string>();
  const ask = (path: string, manifest: Manifest, who: string): void => {
    for (const name of CLIENTS) {
      const range = manifest.dependencies?.[name] ?? manifest.peerDependencies?.[name];
      if (range !== undefined) dependents.set(`${path} ${name}`, { who, path, name, range });
    }
  };
  const visit = (path: string, name: string): void => {
    const real = realpathSync(path);
    const manifest = manifestOf(real);
    if (manifest === null) return;
    const { name: is = name, version = '?' } = manifest;
    if (name === 'mpmetrics' || CLIENTS.includes(name)) {
      copies.set(`${name} ${real}`, { name, is, version, path: real });
    }
    // This package depends on no client. A checkout of it has prom-client only to compare the two.
    if (is === 'mpmetrics' || seen.has(real)) return;
    seen.add(real);
    if (!CLIENTS.includes(is)) ask(real, manifest, `${is}@${version}`);
    walk(join(real, 'node_modules'));
  };
  const walk = (modules: string): void => {
    for (const entry of namesIn(modules)) {
      if (entry === '.pnpm') {
        for (const store of namesIn(join(modules, entry))) {
          walk(join(modules, entry, store, 'node_modules'));
        }
      } else if (entry.startsWith('@')) {
        for (const inner of namesIn(join(modules, entry))) {
          visit(join(modules, entry, inner), `${entry}/${inner}`);
        }
      } else if (!entry.startsWith('.')) {
        visit(join(modules, entry), entry);
      }
    }
  };
  const own = manifestOf(folder);
  if (own !== null) ask(folder, own, 'this application');
  walk(join(folder, 'node_modules'));
  return { copies: [...copies.values()], dependents: [...dependents.values()] };
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(
      (entry) => (entry.isDirectory() || entry.isSymbolicLink()) && exists(folder, entry.name),
    )
    .map(({ name }) => name)
    .sort();
}

/** False for a symbolic link whose target does not exist. */
function exists(folder: string, name: string): boolean {
  return existsSync(join(folder, name));
}
