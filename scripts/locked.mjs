/**
 * Builds the native module, for tests, with locked words: every word changes under a mutex, as on targets without
 * 64-bit atomics. This module is in cargo's folder and is never published.
 */
import { existsSync } from 'fs';
import { join } from 'path';

import { platformName } from './environment.mjs';
import { root, run, step } from './steps.mjs';

/** Returns the path of this module. */
export function lockedBinary() {
  return join(root, 'target', 'locked', 'module', `mpmetrics.${platformName()}.node`);
}

/**
 * Builds this module.
 *
 * @param {Record<string, string>} env the environment for cargo
 * @returns {Promise<string>} the path of the module
 */
export async function buildLocked(env) {
  const args = [
    ['--no-install', 'napi', 'build', '--platform', '--release', '--no-js'],
    ['--features', 'locked', '--target-dir', 'target/locked'],
    ['--manifest-path', 'crates/mpmetrics-node/Cargo.toml', '--package-json-path', 'package.json'],
    ['--output-dir', 'target/locked/module', '--dts', 'index.d.ts'],
  ].flat();
  await step('building the native module with locked words', () => run('npx', args, { env }));
  if (!existsSync(lockedBinary())) throw new Error(`the build left no ${lockedBinary()}`);
  return lockedBinary();
}
