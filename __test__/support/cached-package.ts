/** Packages that only single tests need: installed once into `.cache`, and no dependencies of this package. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { npm } from './npm';

const root = join(__dirname, '..', '..');

/**
 * Installs packages together, unless they are installed.
 *
 * @param folder name of a folder in `.cache`
 * @param versions version by package name
 * @returns the folder that has their node_modules
 */
export async function cachedPackages(
  folder: string,
  versions: Record<string, string>,
): Promise<string> {
  const cache = join(root, '.cache', folder);
  const wanted = Object.entries(versions);
  if (wanted.every(([name, version]) => isThere(cache, name, version))) return cache;
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'package.json'), '{"private":true}\n');
  const options = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  const specs = wanted.map(([name, version]) => `${name}@${version}`);
  await npm(cache, ['install', ...specs, ...options]);
  return cache;
}

/** Installs one package as {@link cachedPackages} does. Returns the package's own folder. */
export async function cachedPackage(
  folder: string,
  name: string,
  version: string,
): Promise<string> {
  return packageIn(await cachedPackages(folder, { [name]: version }), name);
}

function packageIn(cache: string, name: string): string {
  return join(cache, 'node_modules', ...name.split('/'));
}

function isThere(cache: string, name: string, version: string): boolean {
  const manifest = join(packageIn(cache, name), 'package.json');
  return existsSync(manifest) && readFileSync(manifest, 'utf8').includes(`"${version}"`);
}
