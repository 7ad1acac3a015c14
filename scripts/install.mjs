/** `npm ci`, but only where node_modules is not what package-lock.json says. */
import { readFileSync } from 'fs';
import { join } from 'path';

import { root, run, step } from './steps.mjs';

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return null;
  }
}

/**
 * Whether an installation lacks something that the lock file wants. npm keeps a copy of what it
 * installed in `node_modules/.package-lock.json`, written last, so a broken-off installation has none.
 *
 * @param {Record<string, { version?: string, optional?: boolean }>} wanted
 * @param {Record<string, { version?: string }> | null} installed
 */
export function isStale(wanted, installed) {
  if (installed === null) return true;
  return Object.entries(wanted).some(([path, entry]) => {
    if (path === '') return false;
    const found = installed[path];
    // Optional packages of other platforms are in the lock file and never on the disk.
    if (found === undefined) return entry.optional !== true && entry.devOptional !== true;
    return found.version !== entry.version;
  });
}

/** Installs the development dependencies if need be. */
export async function install() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!isStale(wanted, installed)) return;
  await step('installing the development dependencies with npm ci', () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']),
  );
}
