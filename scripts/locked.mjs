/**
 * Builds the native module, for tests, with locked words: every word changes under a mutex, as on targets without
 * 64-bit atomics. That native module is in cargo's folder and is never published.
 */
import { join } from 'path';

import { platformName } from './environment.mjs';
import { buildNative } from './native.mjs';
import { root, step } from './steps.mjs';

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
  await step('building the native module with locked words', () =>
    buildNative(env, lockedBinary(), ['locked']),
  );
  return lockedBinary();
}
