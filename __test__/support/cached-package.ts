/** Packages that single tests are run with, installed once: they are nobody's dependency. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { npm } from './npm';

const root = join(__dirname, '..', '..');

/**
 * Installs a package, unless it is there.
 *
 * @param folder where in `.cache`
 * @param name what npm calls it
 * @param version of the registry
 * @returns the package's folder
 */
export async function cachedPackage(
  folder: string,
  name: string,
  version: string,
): Promise<string> {
  const cache = join(root, '.cache', folder);
  const path = join(cache, 'node_modules', ...name.split('/'));
  const manifest = join(path, 'package.json');
  if (existsSync(manifest) && readFileSync(manifest, 'utf8').includes(`"${version}"`)) return path;
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(cache, 'package.json'), '{"private":true}\n');
  const options = ['--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  await npm(cache, ['install', `${name}@${version}`, ...options]);
  return path;
}
