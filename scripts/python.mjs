/**
 * Installs the Python packages that tests need into `.cache/python`: `node scripts/python.mjs`. They are readers of
 * what this library prints, written by others.
 */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { main, root, run, step } from './steps.mjs';

const PACKAGE = 'prometheus_client==0.26.0';
const target = `${root}/.cache/python`;

/** Whether they are installed, in the version that is wanted. */
export function hasPythonPackages() {
  return existsSync(`${target}/${PACKAGE.replace('==', '-')}.dist-info`);
}

/** Installs them with pip. */
export async function installPythonPackages() {
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--upgrade'];
  await step(`installing ${PACKAGE} into .cache/python`, () =>
    run('python3', [...install, '--target', target, PACKAGE]),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    if (!hasPythonPackages()) await installPythonPackages();
  });
}
