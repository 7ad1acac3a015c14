/** The folder of a platform's package, all but the binary: `npm/<platform>/`. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { root } from './steps.mjs';
import { TARGETS } from './targets.mjs';

/** Returns the path of a platform's folder. */
export function folderOf(platform) {
  return join(root, 'npm', platform);
}

/** Returns the file name of a platform's native module. */
export function binaryName(platform) {
  return `mpmetrics.${platform}.node`;
}

/**
 * Returns the path of a native module that `npm run prebuilds` made. The file in `npm/` may be another one, because
 * `npm run build` overwrites it.
 *
 * @param {string} platform
 * @param {boolean} [locked] whether to return the path of the module that changes every word under a mutex
 *   (`npm run prebuilds -- --locked`)
 */
export function modulePath(platform, locked = false) {
  const kind = locked ? 'locked' : 'modules';
  return join(root, 'target', 'prebuild', kind, binaryName(platform));
}

/**
 * Returns the package.json of a platform's package.
 *
 * @param {string} platform a name in TARGETS
 * @param {string} version of the main package
 */
export function manifestOf(platform, version) {
  const { words, os, cpu, libc } = TARGETS[platform];
  return {
    name: `mpmetrics-${platform}`,
    version,
    description: `The native module of mpmetrics for ${words}`,
    license: 'Apache-2.0',
    repository: {
      type: 'git',
      url: 'git+https://github.com/mpmetrics/mpmetrics.git',
      directory: `npm/${platform}`,
    },
    engines: { node: '>=20' },
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
    main: binaryName(platform),
    files: [binaryName(platform), 'LICENSES'],
  };
}

/** Returns the README.md of a platform's package. */
export function readmeOf(platform) {
  return (
    `# mpmetrics-${platform}\n\n` +
    `The native module of [mpmetrics](../../README.md) for ${TARGETS[platform].words}. npm installs it\n` +
    'with `mpmetrics`, as an optional dependency.\n'
  );
}

/**
 * Makes a platform's folder, or brings its files up to date.
 *
 * @param {string} platform a name in TARGETS
 * @param {string} notices the licences of what is linked
 */
export function writeFolder(platform, notices) {
  const folder = folderOf(platform);
  mkdirSync(join(folder, 'LICENSES'), { recursive: true });
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const write = (name, text) => {
    const path = join(folder, name);
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
  };
  write('package.json', `${JSON.stringify(manifestOf(platform, version), null, 2)}\n`);
  write('README.md', readmeOf(platform));
  write('LICENSES/third-party.txt', notices);
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
}
