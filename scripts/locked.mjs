/**
 * Builds the native module, for tests, with locked words: every word changes under a mutex, as on targets without
 * 64-bit atomics. That native module is in cargo's folder and is never published.
 */
import { existsSync } from 'fs';
import { join } from 'path';

import { platformName } from './environment.mjs';
import { root, run, step } from './steps.mjs';

/** Returns the path of the native module with locked words. */
export function lockedBinary() {
  return join(root, 'target', 'locked', 'module', `mpmetrics.${platformName()}.node`);
}

/**
 * Builds the native module with locked words.
 *
 * @param {Record<string, string>} env the environment for cargo
 * @returns {Promise<string>} its path
 */
export async function buildLocked(env) {
  const args = [
    ['--no-install', 'napi', 'build', '--platform', '--release', '--no-js'],
    ['--features', 'locked'],
    ['--manifest-path', 'crates/mpmetrics-node/Cargo.toml', '--package-json-path', 'package.json'],
    ['--output-dir', 'target/locked/module', '--dts', 'index.d.ts'],
  ].flat();
  await step('building the native module with locked words', () => run('npx', args, { env }));
  if (!existsSync(lockedBinary())) throw new Error(`the build left no ${lockedBinary()}`);
  return lockedBinary();
}
