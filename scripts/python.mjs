/**
 * Installs the Python packages that tests need into `.cache`: `node scripts/python.mjs`. Some parse the formats that this
 * library prints, so that tests check its output with a parser of another project. The others are the libraries of
 * docs/guide/coming-from, whose examples a test runs beside ours.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { main, root, run, step } from './steps.mjs';

/** Packages by the folder in `.cache` that they are installed into, each with all that it imports. */
const PACKAGES = {
  python: ['prometheus_client==0.26.0'],
  // mpmetrics 0.1.0 uses a name that prometheus_client has up to 0.21 only.
  'python-libraries': [
    'blinker==1.9.0',
    'click==8.5.1',
    'flask==3.1.3',
    'itsdangerous==2.2.0',
    'jinja2==3.1.6',
    'markupsafe==3.0.4',
    'mpmetrics==0.1.0',
    'prometheus_aioredis_client==0.4.0',
    'prometheus_client==0.21.1',
    'prometheus_flask_exporter==0.23.2',
    'pyjwt==2.15.1',
    'pyprometheus==0.0.9',
    'pytheus==0.6.1',
    'redis==5.3.1',
    'typing_extensions==4.16.0',
    'werkzeug==3.1.9',
  ],
};

/**
 * Returns whether all packages of a folder are installed in the right version.
 *
 * @param {keyof typeof PACKAGES} folder
 */
export function hasPythonPackages(folder) {
  return PACKAGES[folder].every((one) =>
    existsSync(`${root}/.cache/${folder}/${one.replace('==', '-')}.dist-info`),
  );
}

/** Returns whether extensions of Python compile: Debian has the headers in a package of their own. */
export function hasPythonHeaders() {
  const program = 'import os, sysconfig; print(sysconfig.get_path("include") + "/Python.h")';
  const { stdout } = spawnSync('python3', ['-c', program], { encoding: 'utf8' });
  return existsSync(String(stdout).trim());
}

/**
 * Installs the packages of a folder with pip.
 *
 * @param {keyof typeof PACKAGES} folder
 */
export async function installPythonPackages(folder) {
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--upgrade'];
  await step(`installing packages of Python into .cache/${folder}`, () =>
    run('python3', [...install, '--target', `${root}/.cache/${folder}`, ...PACKAGES[folder]]),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    for (const folder of Object.keys(PACKAGES)) {
      if (!hasPythonPackages(folder)) await installPythonPackages(folder);
    }
  });
}
