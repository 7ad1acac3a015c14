/**
 * Reads what a native module needs and exports, from its own tables: ELF of either word size and byte order, and Mach-O
 * of 64 bits. GNU's `objdump` reads only files of its own machine, and macOS comes without it.
 */
import { Refusal } from './steps.mjs';

/**
 * @typedef {object} NativeFile
 * @property {string[]} exported names of the symbols that it exports
 * @property {{ name: string, version: string | null, weak: boolean }[]} needed symbols that it needs, with the version
 *   of the library that first has them
 * @property {string[]} libraries names of the libraries that it is linked with
 * @property {string | null} macos the oldest macOS that runs it; null in ELF files
 */

/** Types of sections in ELF files, and tags of the dynamic section. */
const [DYNSYM, DYNAMIC, VERNEED, VERSYM] = [11, 6, 0x6ffffffe, 0x6fffffff];
const NEEDED = 1;

/** Commands of Mach-O files. */
const [LC_SYMTAB, LC_LOAD_DYLIB, LC_BUILD_VERSION] = [0x2, 0xc, 0x32];

/**
 * @param {Buffer} file
 * @returns {NativeFile}
 */
export function readNative(file) {
  if (file.readUInt32BE(0) === 0x7f454c46) return readElf(file);
  if (file.readUInt32LE(0) === 0xfeedfacf) return readMachO(file);
  throw new Refusal('the file is neither ELF nor 64-bit Mach-O');
}

/** Returns the text at an offset, up to its first zero byte. */
function textAt(file, offset) {
  return file.toString('latin1', offset, file.indexOf(0, offset));
}

function readElf(file) {
  const wide = file[4] === 2;
  const little = file[5] === 1;
  const half = (at) => (little ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const word = (at) => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const size = (at) =>
    wide ? Number(little ? file.readBigUInt64LE(at) : file.readBigUInt64BE(at)) : word(at);
  const sections = [];
  const [table, entry, count] = wide
    ? [size(40), half(58), half(60)]
    : [size(32), half(46), half(48)];
  for (let n = 0; n < count; n += 1) {
    const at = table + n * entry;
    sections.push({
      type: word(at + 4),
      offset: size(at + (wide ? 24 : 16)),
      bytes: size(at + (wide ? 32 : 20)),
      link: word(at + (wide ? 40 : 24)),
    });
  }
  const one = (type) => sections.find((section) => section.type === type);
  const names = (section) => sections[section.link].offset;
  const versions = elfVersions(file, one(VERNEED), names, half, word);
  const [symbols, versym, dynamic] = [one(DYNSYM), one(VERSYM), one(DYNAMIC)];
  if (symbols === undefined || dynamic === undefined) throw new Refusal('the file exports nothing');
  const found = { exported: [], needed: [], libraries: [], macos: null };
  const symbolBytes = wide ? 24 : 16;
  for (let n = 1; n < symbols.bytes / symbolBytes; n += 1) {
    const at = symbols.offset + n * symbolBytes;
    const name = textAt(file, names(symbols) + word(at));
    const binding = file[at + (wide ? 4 : 12)] >> 4;
    const defined = half(at + (wide ? 6 : 14)) !== 0;
    const version = versym === undefined ? 0 : half(versym.offset + n * 2) & 0x7fff;
    if (name === '' || binding === 0) continue;
    if (defined) found.exported.push(name);
    else found.needed.push({ name, version: versions.get(version) ?? null, weak: binding === 2 });
  }
  const [tagBytes, step] = wide ? [8, 16] : [4, 8];
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.bytes; at += step) {
    if (size(at) !== NEEDED) continue;
    found.libraries.push(textAt(file, names(dynamic) + size(at + tagBytes)));
  }
  return found;
}

/** Returns the names of versions that an ELF file needs, such as `GLIBC_2.17`, by their numbers in the file. */
function elfVersions(file, section, names, half, word) {
  const versions = new Map();
  if (section === undefined) return versions;
  for (let library = section.offset; ;) {
    let at = library + word(library + 8);
    for (let left = half(library + 2); left > 0; left -= 1) {
      versions.set(half(at + 6), textAt(file, names(section) + word(at + 8)));
      at += word(at + 12);
    }
    const next = word(library + 12);
    if (next === 0) return versions;
    library += next;
  }
}

function readMachO(file) {
  const found = { exported: [], needed: [], libraries: [], macos: null };
  let at = 32;
  for (let left = file.readUInt32LE(16); left > 0; left -= 1) {
    const command = file.readUInt32LE(at) & 0x7fffffff;
    if (command === LC_LOAD_DYLIB)
      found.libraries.push(textAt(file, at + file.readUInt32LE(at + 8)));
    if (command === LC_BUILD_VERSION) {
      const oldest = file.readUInt32LE(at + 12);
      found.macos = `${oldest >> 16}.${(oldest >> 8) & 0xff}`;
    }
    if (command === LC_SYMTAB) readSymbols(file, at, found);
    at += file.readUInt32LE(at + 4);
  }
  return found;
}

/** Reads the symbols of a Mach-O file. All names begin with an underscore, which is left out. */
function readSymbols(file, command, found) {
  const [table, count, names] = [8, 12, 16].map((at) => file.readUInt32LE(command + at));
  for (let n = 0; n < count; n += 1) {
    const at = table + n * 16;
    const type = file[at + 4];
    // Symbols for debuggers, and those that other files do not see.
    if ((type & 0xe0) !== 0 || (type & 1) === 0) continue;
    const name = textAt(file, names + file.readUInt32LE(at)).replace(/^_/, '');
    if ((type & 0x0e) !== 0) found.exported.push(name);
    else found.needed.push({ name, version: null, weak: (file.readUInt16LE(at + 6) & 0x40) !== 0 });
  }
}
