/**
 * Needs of single tests beside Node.js and Rust: whether a need is met, how to install it, and which test files skip
 * some of their tests without it. `node scripts/needs.mjs` installs what can be installed. A test that needs Redis
 * calls `lacks('redis-server')` in its declaration, and this script finds the test files by these calls.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { actionlintPath, installActionlint } from './actionlint.mjs';
import { hasApt, installPackages, present } from './apt.mjs';
import { installNode, MAJORS, nodePath } from './nodes.mjs';
import { hasPythonHeaders, hasPythonPackages, installPythonPackages } from './python.mjs';
import { main, Refusal, root } from './steps.mjs';

/**
 * @typedef {object} Need
 * @property {() => boolean} here whether the need is met
 * @property {string} remedy what a person does to meet the need
 * @property {() => string[]} [debian] the Debian packages to install
 * @property {() => Promise<unknown>} [install] installs everything else, after the Debian packages
 */

/**
 * Returns the need for programs of a Debian package.
 *
 * @param {string} debian
 * @param {string[]} programs of the package that tests use
 * @returns {Need}
 */
function fromDebian(debian, programs = [debian]) {
  return {
    here: () => programs.every(present),
    remedy: `install the Debian package ${debian}, or ${programs.join(' and ')} in another way`,
    debian: () => [debian],
  };
}

function hasPip() {
  return spawnSync('python3', ['-m', 'pip', '--version']).status === 0;
}

/** Returns whether a C program compiles: Debian's gcc comes without the headers of the C library. */
function compiles() {
  const options = { input: '#include <dlfcn.h>\n' };
  return spawnSync('cc', ['-x', 'c', '-fsyntax-only', '-'], options).status === 0;
}

/** Returns whether this process has CAP_SYS_ADMIN, which root in a container has only if it is granted. */
function mayMount() {
  const [, mask] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  return (BigInt(`0x${mask}`) & (1n << 21n)) !== 0n;
}

/** @type {Record<string, Need>} */
export const NEEDS = {
  actionlint: {
    here: () => existsSync(actionlintPath),
    remedy: 'install Go, then node scripts/actionlint.mjs',
    debian: () => (present('go') ? [] : ['golang-go']),
    install: installActionlint,
  },
  curl: fromDebian('curl'),
  gcc: {
    here: () => compiles() && present('nm'),
    remedy: 'install the Debian packages gcc, libc6-dev and binutils, or cc and nm in another way',
    debian: () => ['gcc', 'libc6-dev', 'binutils'],
  },
  patchelf: fromDebian('patchelf'),
  procps: fromDebian('procps', ['pgrep']),
  prometheus: fromDebian('prometheus', ['prometheus', 'promtool']),
  'prometheus-pushgateway': fromDebian('prometheus-pushgateway'),
  'redis-server': fromDebian('redis-server'),
  prometheus_client: {
    here: () => hasPythonPackages('python') && present('python3'),
    remedy: 'install python3 with pip, then node scripts/python.mjs',
    debian: () => (hasPip() ? [] : ['python3-pip']),
    install: () => installPythonPackages('python'),
  },
  'libraries of Python': {
    here: () => hasPythonPackages('python-libraries') && present('python3'),
    remedy: 'install python3 with pip and its headers, and gcc; then node scripts/python.mjs',
    // The extension of one of them is compiled.
    debian: () => [
      ...(hasPip() ? [] : ['python3-pip']),
      ...(hasPythonHeaders() ? [] : ['python3-dev']),
      ...(compiles() ? [] : ['gcc', 'libc6-dev']),
    ],
    install: () => installPythonPackages('python-libraries'),
  },
  'Node.js 22, 24 and 26': {
    here: () => MAJORS.every((major) => existsSync(nodePath(major))),
    remedy: 'node scripts/nodes.mjs',
    install: () => Promise.all(MAJORS.map(installNode)),
  },
  root: {
    here: () => process.geteuid() === 0,
    remedy: 'run the tests as root, who alone may change users',
  },
  CAP_SYS_ADMIN: {
    here: mayMount,
    remedy: 'run the tests as root, who alone may mount; if in a container, then with --privileged',
  },
  'util-linux': {
    here: () => ['mount', 'umount', 'setpriv', 'unshare'].every(present),
    remedy: 'install the Debian packages mount and util-linux',
    debian: () => ['mount', 'util-linux'],
  },
};

/**
 * Returns whether a need of tests is not met: `test.skipIf(lacks('redis-server'))`.
 *
 * @param {string} name one of NEEDS
 */
export function lacks(name) {
  const need = NEEDS[name];
  if (need === undefined) throw new Error(`not in scripts/needs.mjs: ${name}`);
  return !need.here();
}

/** Matches calls of `lacks`, and captures the need that they name. */
const LACKS = /\blacks\('([^']+)'\)/g;

/**
 * Returns which test files need what.
 *
 * @param {string[]} [filters] as for vitest: parts of paths; all files if there are none
 * @returns {Map<string, string[]>} paths from the repository's root, by need
 */
export function neededBy(filters = []) {
  const parts = filters.filter((filter) => !filter.startsWith('-'));
  const found = new Map();
  for (const file of readdirSync(join(root, '__test__'), { recursive: true }).sort()) {
    const path = `__test__/${file}`;
    if (!path.endsWith('.test.ts') || path.includes('/node_modules/')) continue;
    if (parts.length > 0 && !parts.some((part) => path.includes(part))) continue;
    for (const [, name] of readFileSync(join(root, path), 'utf8').matchAll(LACKS)) {
      found.set(name, [...new Set([...(found.get(name) ?? []), path])]);
    }
  }
  return found;
}

/**
 * Returns which missing needs can be installed, and which tests are skipped without the others.
 *
 * @param {Map<string, string[]>} needed see {@link neededBy}
 * @param {Record<string, Need>} needs see {@link NEEDS}
 * @param {boolean} apt whether Debian packages can be installed
 * @returns {{ install: string[], packages: string[], out: string[] }} the needs that can be installed, the Debian
 *   packages for these, and a line for each need that cannot be installed
 */
export function plan(needed, needs, apt) {
  const missing = [...needed.keys()].filter((name) => !needs[name].here());
  const debian = (name) => needs[name].debian?.() ?? [];
  const may = ({ debian: any, install }, packages) =>
    (any !== undefined || install !== undefined) && (apt || packages.length === 0);
  const install = missing.filter((name) => may(needs[name], debian(name)));
  const rest = missing.filter((name) => !install.includes(name));
  return {
    install,
    packages: [...new Set(install.flatMap(debian))],
    out: rest.map((name) => leftOut(name, needs[name], needed.get(name))),
  };
}

function leftOut(name, need, files) {
  return `${name} is missing, and tests are left out in ${files.join(', ')}. To run them: ${need.remedy}.`;
}

/**
 * Installs the missing needs that can be installed, and prints which tests are skipped without the others.
 *
 * @param {string[]} [filters] see {@link neededBy}
 * @returns {Promise<string[]>} a line for each need that is still missing
 */
export async function prepare(filters) {
  const needed = neededBy(filters);
  const { install, packages, out } = plan(needed, NEEDS, hasApt());
  // Printed first, because the installation takes minutes.
  for (const line of out) process.stderr.write(`! ${line}\n`);
  const attempt = async (name, action) => {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      process.stderr.write(`! ${name} could not be installed: ${error.message}\n`);
    }
  };
  if (packages.length > 0) await attempt(packages.join(', '), () => installPackages(packages));
  for (const name of install) {
    if (!NEEDS[name].here()) await attempt(name, () => NEEDS[name].install?.());
    if (NEEDS[name].here()) continue;
    out.push(leftOut(name, NEEDS[name], needed.get(name)));
    process.stderr.write(`! ${out.at(-1)}\n`);
  }
  return out;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    const out = await prepare();
    if (out.length > 0)
      throw new Refusal(`${out.length} needs of the tests are not met, see above`);
  });
}
