/** Changes of package.json that make each package manager install this package under a client's name. */

import type { Manifest } from './copies';

/** A change of package.json. */
export interface Advice {
  readonly manager: 'npm' | 'pnpm' | 'yarn';
  readonly lines: readonly string[];
}

/**
 * Returns the changes of package.json after which every package that loads one of the names gets this package.
 *
 * @param names clients that are installed under their own name
 * @param application the application's package.json
 * @param version the version of this package
 */
export function advice(names: readonly string[], application: Manifest, version: string): Advice[] {
  const alias = `npm:mpmetrics@^${version}`;
  const aliases = (of: readonly string[]) => Object.fromEntries(of.map((name) => [name, alias]));
  // The alias replaces the client in each field in which the application names it. If a field still had the old entry,
  // the package manager might use that instead of the alias.
  const own: Record<string, Record<string, string>> = {};
  for (const field of ['dependencies', 'devDependencies', 'optionalDependencies'] as const) {
    const named = names.filter((name) => application[field]?.[name] !== undefined);
    if (named.length > 0) own[field] = aliases(named);
  }
  const isDirect = (name: string) => Object.values(own).some((field) => name in field);
  // npm refuses an override of a direct dependency that differs from the dependency.
  const npm = Object.fromEntries(names.map((name) => [name, isDirect(name) ? `$${name}` : alias]));
  return [
    { manager: 'npm', lines: shown({ ...own, overrides: npm }) },
    { manager: 'pnpm', lines: shown({ ...own, pnpm: { overrides: aliases(names) } }) },
    { manager: 'yarn', lines: shown({ ...own, resolutions: aliases(names) }) },
  ];
}

function shown(change: object): string[] {
  return JSON.stringify(change, null, 2).split('\n').slice(1, -1);
}
