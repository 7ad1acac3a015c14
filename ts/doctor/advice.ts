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
  const direct = names.filter((name) => {
    const { dependencies, devDependencies, optionalDependencies } = application;
    return { ...dependencies, ...devDependencies, ...optionalDependencies }[name] !== undefined;
  });
  const all = Object.fromEntries(names.map((name) => [name, alias]));
  const own = Object.fromEntries(direct.map((name) => [name, alias]));
  // npm refuses an override of a direct dependency that differs from the dependency.
  const npm = Object.fromEntries(
    names.map((name) => [name, direct.includes(name) ? `$${name}` : alias]),
  );
  const dependencies = direct.length === 0 ? {} : { dependencies: own };
  return [
    { manager: 'npm', lines: shown({ ...dependencies, overrides: npm }) },
    { manager: 'pnpm', lines: shown({ ...dependencies, pnpm: { overrides: all } }) },
    { manager: 'yarn', lines: shown({ ...dependencies, resolutions: all }) },
  ];
}

function shown(change: object): string[] {
  return JSON.stringify(change, null, 2).split('\n').slice(1, -1);
}
