/** Checks what this machine must have before anything is installed or built. Each problem is one sentence. */
import { spawnSync } from 'child_process';
import { existsSync, readFileSync } from 'fs';
import { homedir } from 'os';
import { join } from 'path';

import { Refusal, root } from './steps.mjs';

const OLDEST_NODE = 20;

/**
 * The platforms for which `npm run build` builds the native module, named like the folders in `npm/`. A release has it
 * for more platforms: see `targets.mjs`.
 */
const PLATFORMS = ['linux-x64-gnu'];

/**
 * @param {string} version such as `20.11.0`
 * @returns {string | null} what is wrong with the version
 */
export function nodeProblem(version) {
  return Number(version.split('.')[0]) >= OLDEST_NODE
    ? null
    : `Node.js ${OLDEST_NODE} or newer is needed, and this is ${version}.`;
}

/**
 * @param {string} name such as `linux-x64-gnu`
 * @returns {string | null} what is wrong with the platform
 */
export function platformProblem(name) {
  return PLATFORMS.includes(name)
    ? null
    : `a checkout builds the native module for ${PLATFORMS.join(', ')} only, and this is ${name}; ` +
        'the published package works here with its native module, or, if it has none, on memory storage.';
}

/** Returns the name of this machine's platform, such as `linux-x64-gnu`. */
export function platformName() {
  const base = `${process.platform}-${process.arch}`;
  if (process.platform !== 'linux') return base;
  return `${base}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`;
}

/** Returns the path of the native module that a build makes and the package loads. */
export function binaryPath() {
  const platform = platformName();
  return join(root, 'npm', platform, `mpmetrics.${platform}.node`);
}

/**
 * @param {string} found what `cargo --version` printed
 * @param {string} wanted such as `1.88`
 * @returns {string | null} what is wrong with the version
 */
export function cargoProblem(found, wanted) {
  const [, major, minor] = /(\d+)\.(\d+)\./.exec(found) || [];
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  const enough =
    Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor);
  return enough ? null : `Rust ${wanted} or newer is needed, and this is "${found.trim()}".`;
}

/**
 * Returns the environment in which cargo is found, or null if there is no cargo. Looks on PATH, in `$CARGO_HOME/bin`,
 * and in `~/.cargo/bin`, which rustup adds to PATH only at the next login. Refuses if cargo does not run or is too old.
 *
 * @returns {{ PATH: string } | null}
 */
export function cargoEnvironment() {
  const path = process.env.PATH || '';
  const homes = [process.env.CARGO_HOME, join(homedir(), '.cargo')].filter(Boolean);
  const candidates = [path].concat(homes.map((home) => `${join(home, 'bin')}:${path}`));
  for (const PATH of candidates) {
    const asked = spawnSync('cargo', ['--version'], {
      env: Object.assign({}, process.env, { PATH }),
      encoding: 'utf8',
    });
    if (asked.error !== undefined) continue;
    // rustup's cargo fails if the version in rust-toolchain.toml is missing and rustup does not install it.
    if (asked.status !== 0) throw new Refusal(`cargo does not run: ${asked.stderr.split('\n')[0]}`);
    const manifest = readFileSync(join(root, 'Cargo.toml'), 'utf8');
    const [, wanted] = /^rust-version = "([\d.]+)"/m.exec(manifest) || [];
    const problem = wanted === undefined ? null : cargoProblem(asked.stdout, wanted);
    if (problem !== null) throw new Refusal(problem);
    return { PATH };
  }
  return null;
}

/** Refuses if Node.js is too old, or if `npm run build` does not build the native module for this platform. */
export function checkMachine() {
  const problem = nodeProblem(process.versions.node) || platformProblem(platformName());
  if (problem !== null) throw new Refusal(problem);
}

/**
 * Refuses if there is neither a Rust toolchain nor a native module that was built elsewhere.
 *
 * @returns {{ PATH: string } | null} as {@link cargoEnvironment}
 */
export function checkToolchain() {
  const environment = cargoEnvironment();
  if (environment === null && !existsSync(binaryPath())) {
    throw new Refusal(
      'cargo was not found: install Rust (see rustup.rs), or put a prebuilt ' +
        `mpmetrics.${platformName()}.node into npm/${platformName()}/.`,
    );
  }
  return environment;
}
