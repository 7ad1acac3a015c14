/** Installs Debian packages that tests need, if this process may: `node scripts/apt.mjs prometheus`. */
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';

import { main, Refusal, run, step } from './steps.mjs';

/**
 * Returns whether a program is on PATH.
 *
 * @param {string} command such as `redis-server`
 */
export function present(command) {
  // `command` is built into the shell, whose path is given in full because PATH may lack /bin.
  return spawnSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', command]).status === 0;
}

/** Returns whether this process can install Debian packages. */
export function hasApt() {
  return process.getuid() === 0 && present('apt-get');
}

/**
 * Installs Debian packages.
 *
 * @param {string[]} packages
 */
export async function installPackages(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await step('fetching the list of Debian packages', () => run('apt-get', ['update'], { env }));
  await step(`installing ${packages.join(', ')}`, () =>
    run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    // Only for packages that have the same name as their program.
    const missing = process.argv.slice(2).filter((name) => !present(name));
    if (missing.length === 0) return;
    if (!hasApt()) {
      throw new Refusal(`${missing.join(', ')}: install it with your package manager.`);
    }
    await installPackages(missing);
  });
}
