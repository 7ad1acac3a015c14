/** What a native module must and must not be, so that it loads on every system that it is published for. */
import { statSync, readFileSync } from 'node:fs';

import { MUSL } from './musl-functions.mjs';
import { readNative } from './native-file.mjs';
import { MOST_BYTES, OLDEST_GLIBC, OLDEST_MACOS } from './targets.mjs';

/** The symbols that a native module exports: only the one that Node.js calls. */
const EXPORTED = ['napi_register_module_v1'];

/** Libraries that each system has, wherever Node.js runs. */
const LIBRARIES = [
  /^lib(c|m|dl|pthread|rt|gcc_s)\.so(\.\d+)?$/,
  /^ld-linux[-\w]*\.so\.\d$/,
  /^ld64\.so\.\d$/,
  /^libc\.musl-\w+\.so\.1$/,
  /^\/usr\/lib\/lib(System\.B|iconv\.2)\.dylib$/,
];

/** Symbols that Node.js has: functions of Node-API, which all of its versions keep. */
const NODE_API = /^napi_/;

/** musl's own library, by each of its names. */
const OF_MUSL = /^libc\.(so|musl-\w+\.so\.1)$/;

/**
 * Compares versions such as `2.4` and `2.28`: negative if the first is older.
 *
 * @param {string} a
 * @param {string} b
 */
export function compareVersions(a, b) {
  const [left, right] = [a, b].map((text) => text.split('.').map(Number));
  for (let n = 0; n < Math.max(left.length, right.length); n += 1) {
    const difference = (left[n] ?? 0) - (right[n] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Returns what is wrong with a native module; each line is one fault.
 *
 * @param {import('./native-file.mjs').NativeFile} native
 * @param {number} bytes its size
 * @returns {string[]}
 */
export function faultsOf({ exported, needed, libraries, macos }, bytes) {
  const faults = [];
  if (bytes > MOST_BYTES)
    faults.push(`it has ${bytes} bytes, and at most ${MOST_BYTES} are allowed`);
  for (const name of exported) {
    if (!EXPORTED.includes(name)) faults.push(`it exports ${name}`);
  }
  for (const name of EXPORTED) {
    if (!exported.includes(name)) faults.push(`it does not export ${name}`);
  }
  for (const name of libraries) {
    if (!LIBRARIES.some((one) => one.test(name))) faults.push(`it needs the library ${name}`);
  }
  faults.push(...unknownSymbols({ needed, libraries, macos }));
  // Also counts versions that only weak symbols need: the dynamic linker looks for versions, not for symbols.
  const newer = needed.flatMap(({ name, version }) => {
    const glibc = /^GLIBC_([\d.]+)$/.exec(version ?? '')?.[1];
    return glibc !== undefined && compareVersions(glibc, OLDEST_GLIBC) > 0 ? [{ name, glibc }] : [];
  });
  const [newest, ...others] = newer.sort((a, b) => compareVersions(b.glibc, a.glibc));
  if (newest !== undefined) {
    const more = others.length > 0 ? ` (and ${others.length} more need a newer one)` : '';
    faults.push(
      `${newest.name} needs glibc ${newest.glibc}, and the floor is ${OLDEST_GLIBC}${more}`,
    );
  }
  if (macos !== null && compareVersions(macos, OLDEST_MACOS) > 0) {
    faults.push(`it needs macOS ${macos}, and the floor is ${OLDEST_MACOS}`);
  }
  return faults;
}

/**
 * Returns a fault for each symbol that perhaps no library has. The linker of a shared library accepts any symbol, and the
 * system then refuses to load the file. Weak symbols are allowed: the code finds out whether they are there.
 */
function unknownSymbols({ needed, libraries, macos }) {
  if (macos !== null) return [];
  const ofMusl = libraries.some((name) => OF_MUSL.test(name));
  const known = ({ name, version, weak }) =>
    weak || NODE_API.test(name) || (ofMusl ? MUSL.has(name) : version !== null);
  const place = ofMusl ? 'is not in scripts/musl-functions.mjs' : 'has no version';
  return needed
    .filter((symbol) => !known(symbol))
    .map(({ name }) => `it needs ${name}, which ${place}`);
}

/**
 * Reads a native module.
 *
 * @param {string} path
 * @returns {{ faults: string[], bytes: number, glibc: string | null }} its faults, its size, the oldest glibc with which
 *   it loads
 */
export function inspect(path) {
  const native = readNative(readFileSync(path));
  const bytes = statSync(path).size;
  const versions = native.needed.flatMap(
    ({ version }) => /^GLIBC_([\d.]+)$/.exec(version ?? '')?.[1] ?? [],
  );
  const glibc = versions.sort(compareVersions).at(-1) ?? null;
  return { faults: faultsOf(native, bytes), bytes, glibc };
}
