/**
 * Further versions of Node.js for the tests, from npm into `.cache/nodes`:
 * `node scripts/nodes.mjs [22 24 26]` installs those that are not there yet and prints where they are.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { main, Refusal, root, run, step } from './steps.mjs';

/** Exact, so that a failure is the same tomorrow; the newest of each line when this was written. */
const VERSIONS = { 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' };

/** The major versions that the tests run on beside the one that runs this. */
export const MAJORS = Object.keys(VERSIONS).map(Number);

/** What the npm package `node` fetches in an installation script; this one has none. */
const PACKAGE = `node-linux-${process.arch}`;

function folder(major) {
  return join(root, '.cache', 'nodes', String(major));
}

/**
 * Where a version's program is, once it is installed.
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
 * Installs a version if it is not there.
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
