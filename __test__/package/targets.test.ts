/** The table of platforms, and the rules for their native modules. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { compilerFor } from '../../scripts/compilers.mjs';
import { readNative } from '../../scripts/native-file.mjs';
import { compareVersions, faultsOf } from '../../scripts/native-rules.mjs';
import { manifestOf, readmeOf } from '../../scripts/platform-folder.mjs';
import { RELEASED, TARGETS } from '../../scripts/targets.mjs';

const root = join(__dirname, '..', '..');
const platform = join(root, 'npm', 'linux-x64-gnu');
const binary = readFileSync(join(platform, 'mpmetrics.linux-x64-gnu.node'));

test('the loader looks for the platforms that a release has', () => {
  const code = readFileSync(join(root, 'ts', 'binding.ts'), 'utf8');
  const [, list] = /const PLATFORMS: readonly string\[\] = \[([^\]]*)\]/.exec(code)!;
  expect([...list!.matchAll(/'([^']+)'/g)].map(([, name]) => name)).toEqual(RELEASED);
});

test('the names of platforms agree with the fields by which npm chooses a package', () => {
  for (const [name, { os, cpu, libc, triple }] of Object.entries(TARGETS)) {
    expect(name.startsWith(`${os}-${cpu}`), name).toBe(true);
    expect(name.includes('musl'), name).toBe(libc === 'musl');
    expect(triple.includes('musl'), name).toBe(libc === 'musl');
  }
});

test("the committed platform's folder is what a prebuild writes", () => {
  const read = (name: string) => readFileSync(join(platform, name), 'utf8');
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string;
  };
  expect(JSON.parse(read('package.json'))).toEqual(manifestOf('linux-x64-gnu', version));
  expect(read('README.md')).toBe(readmeOf('linux-x64-gnu'));
});

test('a platform for which this machine lacks something says how to get it', () => {
  const found = compilerFor({
    triple: 'no-such-triple',
    words: '',
    os: 'linux',
    cpu: 'x64',
    released: false,
  });
  // A machine that has the source of the standard library tries any triple.
  if ('missing' in found) expect(found.missing.join()).toMatch(/rustup|compilers\.mjs/);
  else expect(found.args.join()).toContain('build-std');
});

describe('a native module', () => {
  const native = readNative(binary);

  test('exports only what Node.js calls, and needs libraries that each system has', () => {
    const ofGlibc = (fault: string) => /needs glibc/.test(fault);
    // A build by the system's own linker needs the system's own glibc. Prebuilt ones must not.
    expect(faultsOf(native, binary.length).filter((fault) => !ofGlibc(fault))).toEqual([]);
    expect(native.needed.some(({ name }) => name === 'napi_create_function')).toBe(true);
    expect(native.libraries).toContain('libc.so.6');
    expect(native.needed.find(({ name }) => name === 'pthread_mutex_trylock')?.version).toMatch(
      /^GLIBC_/,
    );
  });

  test.each([
    [{ exported: ['malloc'] }, 'it exports malloc'],
    [{ exported: [] }, 'it does not export napi_register_module_v1'],
    [{ libraries: ['libssl.so.3'] }, 'it needs the library libssl.so.3'],
    [
      { needed: [{ name: 'stat64', version: 'GLIBC_2.33', weak: false }] },
      'stat64 needs glibc 2.33, and the floor is 2.28',
    ],
    [
      { needed: [{ name: 'missing', version: null, weak: false }] },
      'it needs missing, which has no version',
    ],
    [
      { libraries: ['libc.so'], needed: [{ name: 'statx', version: null, weak: false }] },
      'it needs statx, which is not in scripts/musl-functions.mjs',
    ],
    [{ macos: '15.0' }, 'it needs macOS 15.0, and the floor is 11.0'],
  ])('with %o is not fit', (other, fault) => {
    const fit = { exported: ['napi_register_module_v1'], needed: [], libraries: [], macos: null };
    expect(faultsOf(fit, 1)).toEqual([]);
    expect(faultsOf({ ...fit, ...other }, 1)).toContain(fault);
  });

  test.each(['libc.so.6', 'libc.so'])('with %s may need these symbols', (library) => {
    const symbols = [
      { name: 'napi_wrap', version: null, weak: false },
      { name: 'gettid', version: null, weak: true },
      { name: 'malloc', version: library === 'libc.so' ? null : 'GLIBC_2.2.5', weak: false },
    ];
    const fit = { exported: ['napi_register_module_v1'], libraries: [library], macos: null };
    expect(faultsOf({ ...fit, needed: symbols }, 1)).toEqual([]);
  });

  test('that is too large is not fit', () => {
    expect(faultsOf(native, 3_000_000)).toContain(
      'it has 3000000 bytes, and at most 2500000 are allowed',
    );
  });

  test('versions are compared by their numbers', () => {
    expect(compareVersions('2.4', '2.28')).toBeLessThan(0);
    expect(compareVersions('2.28', '2.28')).toBe(0);
    expect(compareVersions('2.2.5', '2.2')).toBeGreaterThan(0);
  });
});
