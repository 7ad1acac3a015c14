/**
 * Finds what a build of the native module for another platform needs: zig, which links for every platform, and against
 * an old glibc; and a Rust compiler that has the standard library of that platform, or its source.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { cargoEnvironment } from './environment.mjs';
import { main, root, run, step } from './steps.mjs';

/** zig, and the command of cargo that links with it, from PyPI. */
const ZIG = ['ziglang==0.17.1', 'cargo-zigbuild==0.24.1'];

const folder = join(root, '.cache', 'zig');

/** Environment variables with which cargo finds zig. */
function zigEnvironment(path) {
  return {
    PATH: `${join(folder, 'bin')}:${path}`,
    PYTHONPATH: folder,
    CARGO_ZIGBUILD_ZIG_PATH: join(folder, 'ziglang', 'zig'),
  };
}

/** Returns whether zig is installed in `.cache`, in the right version. */
export function hasZig() {
  return ZIG.every((one) =>
    existsSync(join(folder, `${one.replace('==', '-').replace('cargo-', 'cargo_')}.dist-info`)),
  );
}

/** Returns the path of zig's own libraries, with which it links. */
export function zigLibraries() {
  return join(folder, 'ziglang', 'lib');
}

/** Installs zig into `.cache`, with pip. */
export async function installZig() {
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '--upgrade', '--target', folder];
  await step('installing zig into .cache/zig', () => run('python3', [...install, ...ZIG]));
}

/**
 * @typedef {object} Compiler
 * @property {Record<string, string>} env the environment for cargo
 * @property {string[]} args further arguments of `cargo zigbuild`
 * @property {string} sysroot the folder that has its standard libraries
 */

/** Returns the Rust compilers of this machine: that of the other scripts, and that of Debian's `rustc-web`. */
function compilers() {
  const found = [];
  const add = (rustc, env) => {
    const asked = spawnSync(rustc, ['--print', 'sysroot'], {
      env: { ...process.env, ...env },
      cwd: root,
      encoding: 'utf8',
    });
    if (asked.status === 0) found.push({ env, sysroot: asked.stdout.trim() });
  };
  const path = process.env.PATH ?? '';
  const cargo = cargoEnvironment();
  if (cargo !== null) add('rustc', zigEnvironment(cargo.PATH));
  if (existsSync('/usr/bin/rustc') && existsSync('/usr/bin/cargo')) {
    add('/usr/bin/rustc', { ...zigEnvironment(`/usr/bin:${path}`), RUSTC: '/usr/bin/rustc' });
  }
  return found;
}

/**
 * Returns the compiler for a platform: one that has its standard library, else one that has the library's source.
 *
 * @param {import('./targets.mjs').Target} target
 * @returns {Compiler | { missing: string[] }} or what is missing, each with how to get it
 */
export function compilerFor({ triple, libc }) {
  const missing = [];
  if (!hasZig()) missing.push('zig is missing: node scripts/compilers.mjs installs it with pip');
  const all = compilers();
  const library = ({ sysroot }) => existsSync(join(sysroot, 'lib', 'rustlib', triple, 'lib'));
  const source = ({ sysroot }) =>
    existsSync(join(sysroot, 'lib', 'rustlib', 'src', 'rust', 'library', 'std'));
  const ready = all.find(library);
  const made = all.find(source);
  if (ready === undefined && made === undefined) {
    missing.push(
      `Rust's standard library for ${triple} is missing: rustup target add ${triple}; or its source, from which it ` +
        'is built: rustup component add rust-src, or on Debian apt-get install rustc-web cargo-web rust-web-src',
    );
  }
  if (missing.length > 0) return { missing };
  const { env, sysroot } = ready ?? made;
  // A shared library cannot have musl inside: Node.js has it already.
  const flags = libc === 'musl' ? { RUSTFLAGS: '-C target-feature=-crt-static' } : {};
  if (ready !== undefined) return { env: { ...env, ...flags }, args: [], sysroot };
  return {
    // Lets a stable compiler build the standard library.
    env: { ...env, ...flags, RUSTC_BOOTSTRAP: '1' },
    args: ['-Zbuild-std=std,panic_unwind'],
    sysroot,
  };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  main(async () => {
    if (!hasZig()) await installZig();
  });
}
