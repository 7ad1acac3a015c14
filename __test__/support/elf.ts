/** Makes ELF files with only the parts that `ts/libc.ts` reads. Tests use them in place of other builds of Node.js. */

/** The forms of ELF files: of 32 and 64 bits, of either byte order. */
export const FORMS = [
  { bits: 64, little: true },
  { bits: 64, little: false },
  { bits: 32, little: true },
  { bits: 32, little: false },
] as const;

export type Form = (typeof FORMS)[number];

/**
 * Types of program headers: PT_INTERP names the interpreter, and a Node.js has PT_PHDR before it and PT_LOAD after it.
 */
export const [PHDR, LOAD, INTERP] = [6, 1, 3];

/**
 * Returns an ELF file with only the parts that `ts/libc.ts` reads.
 *
 * @param form of the file
 * @param headers types of its program headers
 * @param interpreter its path
 * @param table offset of the program headers
 * @param at offset of the interpreter's path
 */
export function elf(
  { bits, little }: Form,
  headers: readonly number[],
  interpreter: string,
  table = bits === 64 ? 64 : 52,
  at = 2048,
): Buffer {
  const path = Buffer.from(`${interpreter}\0`);
  const [entry, wide] = bits === 64 ? [56, true] : [32, false];
  const file = Buffer.alloc(Math.max(at + path.length, table + entry * headers.length));
  const write = (value: number, bytes: number, offset: number) => {
    // The upper half of a number of 8 bytes is 0.
    const four = bytes === 8 ? 4 : bytes;
    if (little) file.writeUIntLE(value, offset, four);
    else file.writeUIntBE(value, offset + bytes - four, four);
  };
  file.write('\x7fELF', 'latin1');
  file.writeUInt8(wide ? 2 : 1, 4);
  file.writeUInt8(little ? 1 : 2, 5);
  write(table, wide ? 8 : 4, wide ? 32 : 28);
  write(entry, 2, wide ? 54 : 42);
  write(headers.length, 2, wide ? 56 : 44);
  for (const [n, type] of headers.entries()) {
    const header = table + n * entry;
    write(type, 4, header);
    write(type === INTERP ? at : 0, wide ? 8 : 4, header + (wide ? 8 : 4));
    write(type === INTERP ? path.length : 0, wide ? 8 : 4, header + (wide ? 32 : 16));
  }
  path.copy(file, at);
  return file;
}
