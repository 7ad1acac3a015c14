/** `npm ci`, but only where node_modules is not what package-lock.json says. */
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

/**
 * Does something while no other process does it under the same name; waits for one that does.
 *
 * The lock is an abstract socket's name: the kernel gives it back when its holder ends, in whatever way, and
 * there is no file that could be left. (Where there are none, as outside of Linux, nothing is locked.)
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

/** Installs the development dependencies if need be. */
export async function install() {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const stale = () => isStale(wanted, packagesOf(join(root, 'node_modules', '.package-lock.json')));
  if (!stale()) return;
  // Two at once in one clone would empty each other's node_modules.
  await alone(`install ${root}`, async () => {
    // The process that was waited for has done it.
    if (!stale()) return;
    await step('installing the development dependencies with npm ci', () =>
      run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']),
    );
  });
}
