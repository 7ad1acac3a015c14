/** `npm run build`: builds the native module and the JavaScript, whatever has been built or installed before. */
import { pathToFileURL } from 'url';

import { binaryPath, checkMachine, checkToolchain } from './environment.mjs';
import { install } from './install.mjs';
import { buildNative } from './native.mjs';
import { main, step } from './steps.mjs';

/**
 * Makes everything that the package needs to run.
 *
 * @returns {Promise<{ cargo: { PATH: string } | null }>} the environment for further cargo calls; null where Rust is
 *   not installed and the prebuilt native module is used
 */
export async function build() {
  checkMachine();
  const cargo = checkToolchain();
  await install();
  if (cargo === null) {
    await step('taking the prebuilt native module, as cargo was not found', () => binaryPath());
  } else {
    await step('building the native module', () => buildNative(cargo, binaryPath()));
  }
  const { compile } = await import('./compile.mjs');
  await step('compiling TypeScript', compile);
  return { cargo };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main(build);
