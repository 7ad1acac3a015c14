/**
 * Builds the native module of this machine. In CI on x86-64 with glibc, it is linked by zig, as that of the package is
 * (`npm run prebuilds`), so that CI tests what is published, and `scripts/floor.mjs` can assert which glibc it needs.
 */
import { existsSync } from 'fs';
import { dirname } from 'path';

import { compilerFor, hasZig, installZig } from './compilers.mjs';
import { platformName } from './environment.mjs';
import { compileFor, keep } from './prebuilds.mjs';
import { Refusal, run } from './steps.mjs';
import { TARGETS } from './targets.mjs';

/** The platform that CI links by zig. */
export const LINKED_BY_ZIG = 'linux-x64-gnu';

/**
 * Builds the native module of this machine.
 *
 * @param {Record<string, string>} cargo the environment for cargo
 * @param {string} to the path of the native module
 * @param {string[]} [features] of the crate
 */
export async function buildNative(cargo, to, features = []) {
  if (process.env.CI && platformName() === LINKED_BY_ZIG) await linkByZig(to, features);
  else await run('npx', napiArguments(dirname(to), features), { env: cargo });
  if (!existsSync(to)) throw new Error(`the build left no ${to}`);
}

/** Arguments of the command that builds the native module. Cargo itself finds out whether anything changed. */
function napiArguments(folder, features) {
  return [
    ['--no-install', 'napi', 'build', '--platform', '--release', '--no-js'],
    features.length > 0 ? ['--features', features.join()] : [],
    ['--manifest-path', 'crates/mpmetrics-node/Cargo.toml'],
    ['--package-json-path', 'package.json'],
    ['--output-dir', folder, '--dts', 'index.d.ts'],
  ].flat();
}

async function linkByZig(to, features) {
  if (!hasZig()) await installZig();
  const compiler = compilerFor(TARGETS[LINKED_BY_ZIG]);
  if (compiler.missing !== undefined) throw new Refusal(compiler.missing.join('; '));
  keep(await compileFor(LINKED_BY_ZIG, compiler, features), to);
}
