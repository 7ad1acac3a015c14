/** Runs `npm ci`, but only if node_modules differs from package-lock.json. */
import { createHash } from 'crypto';
import { readFileSync } from 'fs';
import { createServer } from 'net';
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
 * Returns whether an installation lacks a package of the lock file, or has another version of it. npm writes
 * the list of what it installed to `node_modules/.package-lock.json` at the end, so an aborted installation has
 * no list.
 *
 * @param {Record<string, { version?: string, optional?: boolean }>} wanted
 * @param {Record<string, { version?: string }> | null} installed
 */
export function isStale(wanted, installed) {
  if (installed === null) return true;
  return Object.entries(wanted).some(([path, entry]) => {
    if (path === '') return false;
    const found = installed[path];
    // Optional packages of other platforms are in the lock file, but are never installed.
    if (found === undefined) return entry.optional !== true && entry.devOptional !== true;
    return found.version !== entry.version;
  });
}

/**
 * Runs an action while no other process runs one under the same name; waits for a process that does.
 *
 * The lock is the name of an abstract socket: the kernel frees the name when its holder ends, in whatever way, and
 * no file can be left over. (Only Linux has abstract sockets: on other systems nothing is locked.)
 *
 * @param {string} name
 * @param {() => Promise<unknown>} action
 */
export async function alone(name, action) {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 32);
  for (;;) {
    const lock = createServer();
    const outcome = await new Promise((resolve) => {
      lock.once('error', (error) => resolve(error.code));
      lock.listen(`\0mpmetrics-${hash}`, () => resolve('held'));
    });
    if (outcome === 'EADDRINUSE') {
      await new Promise((resolve) => setTimeout(resolve, 200));
      continue;
    }
    try {
      return await action();
    } finally {
      lock.close();
    }
  }
}

/** Installs the development dependencies if they are missing or outdated. */
export async function install() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const stale = () => isStale(wanted, packagesOf(join(root, 'node_modules', '.package-lock.json')));
  if (!stale()) return;
  // Two installations at once in one clone would delete each other's node_modules.
  await alone(`install ${root}`, async () => {
    // Another process may have installed everything while this process waited.
    if (!stale()) return;
    await step('installing the development dependencies with npm ci', () =>
      run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']),
    );
  });
}
