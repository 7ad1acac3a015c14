/**
 * Installs further versions of Node.js for the tests, from npm into `.cache/nodes`:
 * `node scripts/nodes.mjs [22 24 26]` installs the versions that are missing and prints the paths of all.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { main, Refusal, root, run, step } from './steps.mjs';

/** Exact versions, so that a failure can be repeated later: the newest of each major version when this was written. */
const VERSIONS = { 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };

/** The major versions on which tests run, beside the version that runs this script. */
export const MAJORS = Object.keys(VERSIONS).map(Number);

/** The npm package that contains the program. The package `node` would need an installation script to fetch it. */
const PACKAGE = `node-linux-${process.arch}`;

function folder(major) {
  return join(root, '.cache', 'nodes', String(major));
}

/**
 * Returns the path of a version's program, whether it is installed or not.
 *
 * @param {number} major such as 22
 */
export function nodePath(major) {
  return join(folder(major), 'node_modules', PACKAGE, 'bin', 'node');
}

function installed(major) {
  const manifest = join(folder(major), 'node_modules', PACKAGE, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/**
 * Installs a version if it is missing.
 *
 * @param {number} major such as 22
 * @returns {Promise<string>} the program's path
 */
export async function installNode(major) {
  const version = VERSIONS[major];
  if (version === undefined) {
    throw new Refusal(`expected one of ${MAJORS.join(', ')}: ${major}`);
  }
  if (installed(major) === version) return nodePath(major);
  const cwd = folder(major);
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), '{ "private": true }\n');
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await step(`installing Node.js ${version} from npm`, () =>
    run('npm', ['install', `${PACKAGE}@${version}`, ...options], { cwd }),
  );
  return nodePath(major);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    const asked = process.argv.slice(2).map(Number);
    const paths = await Promise.all((asked.length > 0 ? asked : MAJORS).map(installNode));
    process.stdout.write(`${paths.join('\n')}\n`);
  });
}
