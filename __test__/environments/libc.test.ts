import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, afterEach, describe, expect, test } from 'vitest';

import { platformName } from '../../ts/binding';
import { libcOf } from '../../ts/libc';
import { elf, FORMS, INTERP, LOAD, PHDR } from '../support/elf';

const folder = mkdtempSync(join(tmpdir(), 'mpmetrics-libc-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;

/** Writes a file. Returns the C library that the loader would choose if the file were this Node.js. */
function taken(file: Buffer | string, maps = ''): string {
  const path = join(folder, `node-${(files += 1)}`);
  writeFileSync(path, file);
  writeFileSync(`${path}.maps`, maps);
  return libcOf(path, `${path}.maps`);
}

describe.each(FORMS)('a Node.js of $bits bits, little-endian: $little', (form) => {
  test.each([
    ['/lib64/ld-linux-x86-64.so.2', 'gnu'],
    ['/lib/ld-linux-armhf.so.3', 'gnu'],
    ['/lib/ld64.so.1', 'gnu'],
    ['/nix/store/abc-glibc-2.40/lib/ld-linux-aarch64.so.1', 'gnu'],
    ['/lib/ld-musl-x86_64.so.1', 'musl'],
    ['/opt/musl/lib/libc.so', 'musl'],
    ['/home/ld-musl-fans/ld-linux-x86-64.so.2', 'gnu'],
  ])('with the interpreter %s is of %s', (interpreter, libc) => {
    expect(taken(elf(form, [PHDR, INTERP, LOAD], interpreter))).toBe(libc);
  });

  test("with headers and interpreter at the end, where patchelf puts them, is of its interpreter's C library", () => {
    const file = elf(form, [PHDR, LOAD, INTERP], '/lib/ld-musl-x.so.1', 90_000, 100_000);
    expect(taken(file)).toBe('musl');
    expect(taken(elf(form, [INTERP], '/lib/ld-linux.so.2', 90_000, 100_000))).toBe('gnu');
  });

  test('without an interpreter is of the C library that is mapped', () => {
    const file = elf(form, [PHDR, LOAD], '');
    const line = '7f00-7f01 r-xp 00000000 fe:01 123                        ';
    expect(taken(file, `${line}/usr/lib/libc.so.6\n${line}[heap]\n`)).toBe('gnu');
    expect(taken(file, `${line}/lib/x86_64-linux-gnu/libc-2.31.so\n`)).toBe('gnu');
    expect(taken(file, `${line}/usr/bin/node\n${line}/lib/ld-musl-aarch64.so.1\n`)).toBe('musl');
    expect(taken(file, `${line}/usr/lib/x86_64-linux-musl/libc.so\n`)).toBe('musl');
    expect(taken(file, `${line}/usr/bin/node\n${line}/usr/lib/libcap.so.2\n`)).toBe('static');
  });

  test('that is cut off anywhere is of the C library that is mapped', () => {
    const file = elf(form, [PHDR, INTERP], '/lib/ld-musl-x.so.1', 200, 400);
    for (const length of [0, 3, 20, 63, 199, 210, 270, 399, 410]) {
      expect(taken(file.subarray(0, length), '1 /lib/libc.so.6'), String(length)).toBe('gnu');
      expect(taken(file.subarray(0, length)), String(length)).toBe('static');
    }
  });

  test('with a senseless table is of the C library that is mapped', () => {
    const file = elf(form, [INTERP], '/lib/ld-musl-x.so.1');
    const size = form.bits === 64 ? 54 : 42;
    for (const bytes of [0x0000, 0xffff]) {
      file.writeUInt16LE(bytes, size);
      expect(taken(file, '/lib/libc.so.6')).toBe('gnu');
    }
  });
});

test('what is no ELF file is of the C library that is mapped', () => {
  const script = `#!/bin/sh\nexec /lib/ld-musl-x86_64.so.1 /opt/node "$@"\n${'#'.repeat(100)}`;
  expect(taken(script, '/lib/libc.so.6')).toBe('gnu');
  expect(taken(script, '/lib/ld-musl-x86_64.so.1')).toBe('musl');
});

test('a file that cannot be read is taken for a program that is linked with glibc', () => {
  expect(libcOf(join(folder, 'absent'))).toBe('gnu');
  expect(libcOf(folder)).toBe('gnu');
});

test('this Node.js is of the C library that its report names', () => {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  expect(libcOf(process.execPath)).toBe(header.glibcVersionRuntime === undefined ? 'musl' : 'gnu');
});

describe('the name of the platform', () => {
  const { arch, config } = process;
  const become = (name: string, variables: object) => {
    Object.defineProperty(process, 'arch', { value: name });
    Object.defineProperty(process, 'config', { value: { variables }, configurable: true });
  };
  afterEach(() => {
    Object.defineProperty(process, 'arch', { value: arch });
    Object.defineProperty(process, 'config', { value: config, configurable: true });
  });

  test.each([
    ['arm', { arm_version: '7', arm_float_abi: 'hard' }, 'linux-arm-gnueabihf'],
    ['arm', {}, 'linux-arm-gnueabihf'],
    ['arm', { arm_version: '6', arm_float_abi: 'hard' }, 'linux-armv6-gnueabihf'],
    ['arm', { arm_version: 7, arm_float_abi: 'softfp' }, 'linux-arm-gnueabi'],
    ['s390x', {}, 'linux-s390x-gnu'],
    ['riscv64', {}, 'linux-riscv64-gnu'],
  ])('on %s with %o is %s', (name, variables, expected) => {
    become(name, variables);
    expect(platformName()).toBe(expected);
  });
});
