/**
 * Which native module is loaded for each kind of Node.js. Some tests inspect real programs that this machine's linker
 * and patchelf make. The others start this Node.js with a preloaded script, which makes the package believe that a
 * given executable runs it, on a given kind of processor.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';

import { lacks } from '../../scripts/needs.mjs';
import { libcOf } from '../../ts/libc';
import { Application } from '../support/application';
import { elf, FORMS, INTERP, LOAD, PHDR, type Form } from '../support/elf';
import { source } from '../support/programs';

const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-interpreters-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function call(command: string, ...args: string[]): void {
  const done = spawnSync(command, args, { input: 'int main(void) { return 0; }\n' });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${String(done.stderr)}`);
}

let files = 0;

/** Compiles a program with these options. Returns its path. */
function program(...options: string[]): string {
  const path = join(folder, `program-${(files += 1)}`);
  call('cc', '-x', 'c', '-', '-o', path, ...options);
  return path;
}

/** Returns the C library of a program, judged by its file only: the list of mapped files is empty. */
const libc = (path: string) => libcOf(path, '/dev/null');

describe.skipIf(lacks('gcc'))('a program of this linker', () => {
  test.each([['-static'], ['-static-pie']])('with %s has no interpreter', (option) => {
    expect(libc(program(option))).toBe('static');
  });

  test.each([
    [[], 'gnu'],
    [['-no-pie'], 'gnu'],
    [['-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1'], 'musl'],
    [['-Wl,--dynamic-linker=/gnu/store/abc-glibc-2.39/lib/ld-linux-x86-64.so.2'], 'gnu'],
  ])('with %j is of %s', (options, expected) => {
    expect(libc(program(...options))).toBe(expected);
  });

  test.skipIf(lacks('patchelf'))('is of the C library of the interpreter that patchelf set', () => {
    const path = program();
    const long = `/opt/${'a'.repeat(300)}`;
    for (const [name, expected] of [
      ['ld-musl-x86_64.so.1', 'musl'],
      ['ld-linux-x86-64.so.2', 'gnu'],
    ] as const) {
      const copy = `${path}-${expected}`;
      copyFileSync(path, copy);
      call('patchelf', '--set-interpreter', `${long}/${name}`, '--set-rpath', `${long}/lib`, copy);
      expect(libc(copy), name).toBe(expected);
    }
  });
});

describe('the native module for a Node.js', () => {
  const [wide, , narrow] = FORMS;
  const big = FORMS[1];
  /**
   * Matches the warning that the native module of a platform cannot be used: its package is not installed or, after
   * `npm run prebuilds`, this machine cannot load the module.
   */
  const of = (platform: string) => new RegExp(`mpmetrics[-.]linux-${platform}\\b`);
  let app: Application;

  beforeEach(() => {
    app = new Application({
      'other-node.cjs': source('environments/interpreters/other-node.cjs'),
      'app.js': `
        const { Counter, register } = require('mpmetrics');
        new Counter({ name: 'c_total', help: 'c' }).inc();
        register.metrics().then((text) => {
          console.log(JSON.stringify(text));
          process.stdin.resume().once('end', () => process.exit());
        });`,
    });
  });
  afterEach(() => {
    app.remove();
  });

  /**
   * Starts a program in such a Node.js; its metrics must be right.
   *
   * @returns what it warned of, and the number of segments that it has
   */
  async function seen(file: Buffer, arch: string, maps: string): Promise<[string, number]> {
    const node = join(app.folder, 'node');
    writeFileSync(node, file);
    const env = { OTHER_NODE: node, OTHER_ARCH: arch, OTHER_MAPS: maps };
    const started = app.run('--require', { args: ['./other-node.cjs', 'app.js'], env });
    expect(JSON.parse(await started.line())).toContain('\nc_total 1\n');
    const segments = app.segments().length;
    started.child.stdin!.end();
    expect(await started.ended).toBe(0);
    return [started.errors, segments];
  }

  /** A file with an interpreter near its start, or where patchelf puts it. */
  const plain = (form: Form, path: string) => elf(form, [PHDR, INTERP, LOAD], path);
  const patched = (form: Form, path: string) => elf(form, [LOAD, INTERP], path, 90_000, 100_000);
  const without = (form: Form) => elf(form, [PHDR, LOAD], '');

  test.each([
    ['glibc', plain(wide, '/lib64/ld-linux-x86-64.so.2'), ''],
    ['glibc, after patchelf', patched(wide, '/nix/store/a-glibc/lib/ld-linux-x86-64.so.2'), ''],
    ['glibc, started by its dynamic linker', without(wide), '1 /lib/x86_64-linux-gnu/libc.so.6\n'],
  ])('of x64 with %s shares metrics', async (_, file, maps) => {
    expect(await seen(file, 'x64', maps)).toEqual(['', 1]);
  });

  test.each<[string, string, Buffer, RegExp, string?]>([
    ['x64', 'musl', plain(wide, '/lib/ld-musl-x86_64.so.1'), of('x64-musl')],
    ['arm64', 'musl, after patchelf', patched(wide, '/m/ld-musl-aarch64.so.1'), of('arm64-musl')],
    [
      ...(['arm64', 'musl, started by its dynamic linker', without(wide)] as const),
      of('arm64-musl'),
      '1 /lib/ld-musl-aarch64.so.1\n',
    ],
    ['arm', 'glibc', plain(narrow, '/lib/ld-linux-armhf.so.3'), of('arm-gnueabihf')],
    [
      ...(['arm', 'glibc, after patchelf'] as const),
      patched(narrow, '/opt/lib/ld-linux-armhf.so.3'),
      of('arm-gnueabihf'),
    ],
    ['s390x', 'glibc', plain(big, '/lib/ld64.so.1'), of('s390x-gnu')],
  ])('of %s with %s is looked for in its own package', async (arch, _, file, said, maps = '') => {
    const [errors, segments] = await seen(file, arch, maps);
    expect(errors.match(/\[MPMETRICS_MEMORY\]/g)).toHaveLength(1);
    expect(errors).toMatch(said);
    expect(segments).toBe(0);
  });

  test.each([
    [
      ...(['arm', 'musl', plain(narrow, '/lib/ld-musl-armhf.so.1')] as const),
      'no native build exists for linux-arm-musleabihf',
    ],
    [
      ...(['ia32', 'glibc', plain(narrow, '/lib/ld-linux.so.2')] as const),
      'no native build exists for linux-ia32-gnu',
    ],
    [
      ...(['x64', 'no dynamic linker', without(wide)] as const),
      'this Node.js is linked statically, and a static program cannot load native modules',
    ],
  ])('of %s with %s does not exist', async (arch, _, file, said) => {
    const [errors, segments] = await seen(file, arch, '7f00-7f01 r-xp 0 0 0 /usr/bin/node\n');
    expect(errors.match(/\[MPMETRICS_MEMORY\]/g)).toHaveLength(1);
    expect(errors).toContain(`kept in its own memory, not shared: ${said}`);
    expect(segments).toBe(0);
  });
});
