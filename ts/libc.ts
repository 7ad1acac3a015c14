/**
 * Finds out with which C library a Node.js is linked, from its ELF file: the interpreter that its program headers name
 * is the dynamic linker of that library.
 *
 * Other sources are wrong for some systems. `ldd` and files such as `/lib/ld-musl-x86_64.so.1` tell what is installed,
 * and a system may have both libraries. `process.report` interrupts every worker thread and waits for each without a
 * time limit: a thread in `Atomics.wait` would hang the program.
 */

import { closeSync, openSync, readFileSync, readSync } from 'fs';

/** The C library of a program; `static` if the program has no dynamic linker, and so cannot load native modules. */
export type Libc = 'gnu' | 'musl' | 'static';

/** Number of bytes of an ELF header: of its 64-bit form, which is the longer one. */
const HEADER_BYTES = 64;

/** The type of the program header that says where the interpreter's path is. */
const PT_INTERP = 3;

/** Largest number of bytes of program headers that are read; Node.js has some 300 to 1,000. */
const MOST_BYTES = 16_384;

/** Most bytes that a path has on Linux. */
const PATH_MAX = 4096;

/** Where a 32-bit and a 64-bit file have the numbers that are read here; offsets in bytes. */
const FORMS = {
  1: { table: 28, entryBytes: 42, entries: 44, least: 32, offset: 4, bytes: 16 },
  2: { table: 32, entryBytes: 54, entries: 56, least: 56, offset: 8, bytes: 32 },
} as const;

/** Paths of musl's dynamic linker: under its official name, and as the library that it is. */
const MUSL = /(^|\/)(ld-musl-[^/]*|libc\.so)$/;

/**
 * Returns the C library with which a program is linked.
 *
 * A file without an interpreter is a static program or a dynamic linker that was started with the program's path as its
 * argument, and `process.execPath` names the linker then. What the process has mapped tells the two apart.
 *
 * @param executable path of the program's file
 * @param maps path of the list of what the process that runs it has mapped
 * @returns `gnu`, too, if one of the two files cannot be read, for example because the permission model of Node.js
 *   forbids it. The caller then tries to load the native module, and the error of that attempt says what is wrong
 */
export function libcOf(executable: string, maps = '/proc/self/maps'): Libc {
  try {
    const interpreter = interpreterOf(executable);
    if (interpreter !== null) return MUSL.test(interpreter) ? 'musl' : 'gnu';
    return mappedLibc(readFileSync(maps, 'latin1'));
  } catch {
    return 'gnu';
  }
}

/**
 * Returns the path of a program's dynamic linker, wherever in the file it is: patchelf moves it to the end.
 *
 * @returns null if the file names none, or is no complete ELF file
 */
function interpreterOf(path: string): string | null {
  const file = openSync(path, 'r');
  try {
    const header = bytesAt(file, 0, HEADER_BYTES);
    if (header.readUInt32BE(0) !== 0x7f454c46) return null;
    const form = FORMS[header.readUInt8(4) as 1 | 2];
    if (form === undefined) return null;
    const wide = form === FORMS[2];
    const little = header.readUInt8(5) === 1;
    const half = (at: number, from = header) =>
      little ? from.readUInt16LE(at) : from.readUInt16BE(at);
    const word = (at: number, from = header) =>
      little ? from.readUInt32LE(at) : from.readUInt32BE(at);
    // A 64-bit offset in a file is below 2^53, so its halves make an exact number.
    const address = (at: number, from = header) =>
      wide
        ? word(little ? at : at + 4, from) + 2 ** 32 * word(little ? at + 4 : at, from)
        : word(at, from);
    const entryBytes = half(form.entryBytes);
    const tableBytes = entryBytes * half(form.entries);
    if (entryBytes < form.least || tableBytes > MOST_BYTES) return null;
    const table = bytesAt(file, address(form.table), tableBytes);
    for (let at = 0; at < tableBytes; at += entryBytes) {
      if (word(at, table) !== PT_INTERP) continue;
      const length = Math.min(address(at + form.bytes, table), PATH_MAX);
      const text = bytesAt(file, address(at + form.offset, table), length);
      return text.toString('latin1').split('\0', 1)[0]!;
    }
    return null;
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  } finally {
    closeSync(file);
  }
}

/** Reads bytes of a file. Throws a RangeError if the file has fewer. */
function bytesAt(file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(file, bytes, 0, length, offset) < length) throw new RangeError('the file ends');
  return bytes;
}

/** Returns the C library among the files that a process has mapped. */
function mappedLibc(maps: string): Libc {
  const paths = maps.match(/\/.*$/gm) ?? [];
  // glibc before 2.34 is mapped from a file such as `libc-2.31.so`.
  if (paths.some((path) => /\/libc(\.so\.6|-2\.\d+\.so)$/.test(path))) return 'gnu';
  return paths.some((path) => MUSL.test(path)) ? 'musl' : 'static';
}
