/**
 * Installs the Python packages that tests need into `.cache/python`: `node scripts/python.mjs`. They parse the formats
 * that this library prints, so that tests check its output with a parser of another project.
 */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

import { main, root, run, step } from './steps.mjs';

const PACKAGE = 'prometheus_client==0.26.0';
const target = `${root}/.cache/python`;

/** Returns whether the packages are installed in the right version. */
export function hasPythonPackages() {
  return existsSync(`${target}/${PACKAGE.replace('==', '-')}.dist-info`);
}

/** Installs the packages with pip. */
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
