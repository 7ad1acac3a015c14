/**
 * The platforms that a native module is built for, as data. The name of a platform is that of its folder in `npm/`, and
 * the end of its package's name.
 */

/**
 * @typedef {object} Target
 * @property {string} triple Rust's name of the platform
 * @property {string} words the platform in a sentence
 * @property {string} os as npm spells it, and Node.js in `process.platform`
 * @property {string} cpu as npm spells it, and Node.js in `process.arch`
 * @property {'glibc' | 'musl'} [libc] as npm spells it
 * @property {string} [linked] a C file in this folder that is linked into the native module
 * @property {boolean} released whether a release has it; the others are built only when they are named
 */

/** The oldest glibc with which every native module must work: the oldest with which Node.js 20 itself works. */
export const OLDEST_GLIBC = '2.28';

/**
 * The oldest macOS on which every native module must work: the first that runs on ARM. On x86-64, Node.js 20 itself
 * also works on macOS 10.15.
 */
export const OLDEST_MACOS = '11.0';

/** Largest number of bytes of a native module. */
export const MOST_BYTES = 2_500_000;

/** @type {Record<string, Target>} */
export const TARGETS = {
  'linux-x64-gnu': {
    triple: 'x86_64-unknown-linux-gnu',
    words: 'Linux on x86-64 with glibc',
    os: 'linux',
    cpu: 'x64',
    libc: 'glibc',
    released: true,
  },
  'linux-x64-musl': {
    triple: 'x86_64-unknown-linux-musl',
    words: 'Linux on x86-64 with musl',
    os: 'linux',
    cpu: 'x64',
    libc: 'musl',
    released: true,
  },
  'linux-arm64-gnu': {
    triple: 'aarch64-unknown-linux-gnu',
    words: 'Linux on 64-bit ARM with glibc',
    os: 'linux',
    cpu: 'arm64',
    libc: 'glibc',
    released: true,
  },
  'linux-arm64-musl': {
    triple: 'aarch64-unknown-linux-musl',
    words: 'Linux on 64-bit ARM with musl',
    os: 'linux',
    cpu: 'arm64',
    libc: 'musl',
    released: true,
  },
  'linux-arm-gnueabihf': {
    triple: 'armv7-unknown-linux-gnueabihf',
    words: 'Linux on 32-bit ARM (ARMv7) with glibc',
    os: 'linux',
    cpu: 'arm',
    libc: 'glibc',
    released: true,
  },
  'linux-ppc64-gnu': {
    triple: 'powerpc64le-unknown-linux-gnu',
    words: 'Linux on little-endian POWER with glibc',
    os: 'linux',
    cpu: 'ppc64',
    libc: 'glibc',
    linked: 'ppc64-printf.c',
    released: true,
  },
  'linux-riscv64-gnu': {
    triple: 'riscv64gc-unknown-linux-gnu',
    words: 'Linux on 64-bit RISC-V with glibc',
    os: 'linux',
    cpu: 'riscv64',
    libc: 'glibc',
    released: true,
  },
  'linux-s390x-gnu': {
    triple: 's390x-unknown-linux-gnu',
    words: 'Linux on IBM Z with glibc',
    os: 'linux',
    cpu: 's390x',
    libc: 'glibc',
    released: true,
  },
  // `os/` of the core has macOS, but nothing has run there yet: a release waits for that.
  'darwin-arm64': {
    triple: 'aarch64-apple-darwin',
    words: 'macOS on Apple silicon',
    os: 'darwin',
    cpu: 'arm64',
    released: false,
  },
  'darwin-x64': {
    triple: 'x86_64-apple-darwin',
    words: 'macOS on x86-64',
    os: 'darwin',
    cpu: 'x64',
    released: false,
  },
};

/** The platforms that a release has: `ts/binding.ts` has the same list. */
export const RELEASED = Object.keys(TARGETS).filter((name) => TARGETS[name].released);

/**
 * Returns the target of `cargo zigbuild` for a platform: Rust's name, and with glibc the oldest version to link for.
 *
 * @param {Target} target
 */
export function linkTarget({ triple, libc }) {
  return libc === 'glibc' ? `${triple}.${OLDEST_GLIBC}` : triple;
}
