/** `npm run build`: builds the native module and the JavaScript, whatever has been built or installed before. */
import { existsSync } from 'fs';
import { pathToFileURL } from 'url';

import { binaryPath, checkMachine, checkToolchain, platformName } from './environment.mjs';
import { install } from './install.mjs';
import { main, run, step } from './steps.mjs';

/** Arguments of the command that builds the native module. Cargo itself finds out whether anything changed. */
function napiArguments() {
  const output = `npm/${platformName()}`;
  return [
    ['napi', 'build', '--platform', '--release', '--no-js'],
    ['--manifest-path', 'crates/mpmetrics-node/Cargo.toml'],
    ['--package-json-path', 'package.json'],
    ['--output-dir', output, '--dts', 'index.d.ts'],
  ].flat();
}

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
    await step('building the native module', () =>
      run('npx', ['--no-install'].concat(napiArguments()), { env: cargo }),
    );
  }
  if (!existsSync(binaryPath())) throw new Error(`the build left no ${binaryPath()}`);
  const { compile } = await import('./compile.mjs');
  await step('compiling TypeScript', compile);
  return { cargo };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) main(build);
