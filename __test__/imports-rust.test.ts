import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { circlesIn, type Imports } from './support/circles';
import { ranksOf, type Sources } from './support/ranks';
import { filesOf, foldersOf, insideOf, shipped, wrongPaths } from './support/rust-paths';
import { sourcesBelow } from './support/sources';

const root = join(__dirname, '..');
const ranks = ranksOf(readFileSync(join(root, 'docs', 'ARCHITECTURE.md'), 'utf8'), 'Rust');
const core = sourcesBelow(join(root, 'crates', 'mpmetrics-core', 'src'), /\.rs$/);
const node = sourcesBelow(join(root, 'crates', 'mpmetrics-node', 'src'), /\.rs$/);

describe('the ranks', () => {
  test('are read from docs/ARCHITECTURE.md, and paths only point down', () => {
    expect(ranks.get('heap')).toBe(3);
    expect(ranks.size).toBeGreaterThan(10);
    expect(core.size).toBeGreaterThan(12);
    expect(wrongPaths(core, ranks)).toEqual([]);
  });

  test.each([
    ['use crate::heap::Heap;', ['heap::Heap']],
    [
      'use crate::{error::Code, metrics::{Kind, modes::Mode}, sync::fence};',
      ['metrics::Kind', 'metrics::modes::Mode'],
    ],
    ['fn f() { let x = crate::exposition::text::write(1); }', ['exposition::text::write']],
    ['use super::super::heap;', ['heap']],
    ['use super::{self, super::segment::Path as P, other};', ['segment::Path']],
    ['use crate::Error;', ['Error']],
    [
      'pub use crate::region::{\n    mapped::Mapped,\n    owned::*,\n};',
      ['region::mapped::Mapped', 'region::owned'],
    ],
  ])('%s in cells/sum.rs is found', (wrong, targets) => {
    const text = `
      //! See crate::heap::Heap.
      use crate::sync::{AtomicU64, Ordering};
      use super::other::Other;
      const TEXT: &str = "crate::heap::Heap";
      ${wrong}
      #[cfg(test)]
      mod tests {
          use crate::heap::Heap;
          fn f() { if true { } }
      }
    `;
    const found = wrongPaths(new Map([['cells/sum.rs', text]]), ranks);
    expect(found.map((sentence) => / imports (\S+) /.exec(sentence)?.[1])).toEqual(targets);
  });

  test('a path in an inline module starts from that module, not from its file', () => {
    const text = (path: string) => `use super::a;\npub mod inner { fn f() { ${path}; } }`;
    const found = (path: string) => wrongPaths(new Map([['cells/sum.rs', text(path)]]), ranks);
    expect(found('super::super::heap')).toEqual([]);
    expect(found('super::super::super::heap')).toEqual([
      'cells/sum.rs (rank 2) imports heap (rank 3)',
    ]);
  });

  test('a file with a rank of its own does not have the rank of its folder', () => {
    const parts = new Map([...ranks, ['scrape::model', 2]]);
    const ofModel = new Map([['scrape/model.rs', 'use super::walk::Walk;']]);
    expect(wrongPaths(ofModel, parts)).toHaveLength(1);
    const ofWalk = new Map([['scrape/walk.rs', 'use super::model::Kind;\nuse super::other;']]);
    expect(wrongPaths(ofWalk, parts)).toEqual([]);
  });

  test('a file without a rank is found', () => {
    expect(wrongPaths(new Map([['stray.rs', '']]), ranks)).toEqual(['stray.rs has no rank']);
  });

  test('atomics come through sync/', () => {
    const strays = [...core].filter(
      ([path, text]) =>
        !path.startsWith('sync/') && /\b(core|std)::sync::atomic\b/.test(shipped(text)),
    );
    expect(strays.map(([path]) => path)).toEqual([]);
  });

  test('system calls, and what only some systems have, come through os/', () => {
    expect(tiedToSystem(core)).toEqual([]);
    expect(tiedToSystem(node)).toEqual([]);
  });

  test.each([
    'use std::os::unix::fs::MetadataExt;',
    'use std::{fs::File, os::fd::AsRawFd};',
    'fn f() -> u32 { unsafe { libc::geteuid() } }',
    'use libc::{c_int, flock};',
    'use libc as c;',
    'use std::os;',
  ])('outside os/, %s is found', (wrong) => {
    const text = `//! See std::os::unix.\n${wrong}\n#[cfg(test)]\nmod tests { use std::os::fd::AsFd; }`;
    const sources = new Map([
      ['segment/create.rs', text],
      ['os/linux/mod.rs', text],
      ['segment/tests.rs', text],
      ['segment/tests/life.rs', text],
      ['segment/open.rs', 'use crate::os::{self, fd};\nuse libloading::os::unix::Library;'],
    ]);
    expect(tiedToSystem(sources)).toEqual(['segment/create.rs']);
  });

  test('the contract of os/ lists each name that os/ exports from a system', () => {
    const text = core.get('os/mod.rs')!;
    const listed = [...text.matchAll(/^\/\/! \| ([^|]+) \|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`(\w+)/g)].map(([, name]) => name!),
    );
    const exported = /pub use system::\{([^}]*)\}/.exec(text)![1]!.match(/\w+/g)!;
    expect(exported.length).toBeGreaterThan(20);
    expect(exported.filter((name) => !listed.includes(name))).toEqual([]);
  });
});

/** Returns the files that use what only some systems have, without those of `os/` and of tests. */
function tiedToSystem(sources: Sources): string[] {
  const found = [...sources].filter(([path, text]) => {
    if (path.startsWith('os/') || /(^|\/)tests(\/|\.rs$)/.test(path)) return false;
    return /\blibc::|\buse (::)?libc\b|\bstd::os\b|\bstd::\{[^;]*\bos\b/.test(shipped(text));
  });
  return found.map(([path]) => path);
}

/** Returns circles of files, and circles of the files and folders inside each folder. */
function allCircles(imports: Imports): string[] {
  const inside = foldersOf(imports).map((folder) => insideOf(imports, folder));
  return [imports, ...inside].flatMap(circlesIn);
}

describe('files', () => {
  test.each([
    ['the core', core, 'heap/writer/mod.rs', 'heap/recover.rs'],
    ['the binding', node, 'heap.rs', 'writer.rs'],
  ])('of %s can be sorted so that each imports earlier ones only', (_, sources, from, to) => {
    const imports = filesOf(sources);
    expect(imports.size).toBeGreaterThan(10);
    expect(imports.get(from)).toContain(to);
    expect(allCircles(imports)).toEqual([]);
  });

  test('of an implementation for one system are found by their path attribute', () => {
    const imports = filesOf(core);
    const found = imports.get('os/identity.rs') ?? [];
    expect(found).toEqual(expect.arrayContaining(['os/linux/mod.rs', 'os/other.rs']));
  });

  test.each([
    ['use super::b::B;', 'use super::a::A;'],
    ['use super::b::B;', 'pub(in crate::room) fn f() { super::a::f(); }'],
    ['use crate::room::{c, b::{self, B}};', 'use crate::room::a;'],
    ['fn f() { mod inner { use super::super::b; } }', 'use super::*;\nuse super::{a as one};'],
  ])('in a circle inside a folder are found: %s and %s', (one, other) => {
    const sources = new Map([
      ['room/mod.rs', 'mod a;\nmod b;\nmod c;'],
      ['room/a.rs', `//! See [\`super::b\`].\n${one}\npub(in crate::room) struct A;`],
      ['room/b.rs', other],
      ['room/c.rs', "const QUOTE: u8 = b'\"'; // use super::a;"],
    ]);
    expect(circlesIn(filesOf(sources))).toEqual(['room/a.rs imports room/b.rs imports room/a.rs']);
    sources.set('room/b.rs', 'use super::c;\n#[cfg(test)]\nmod tests { use super::super::a; }');
    expect(circlesIn(filesOf(sources))).toEqual([]);
  });

  test('are found if they and the module that declares them import each other', () => {
    const face = 'mod a;\npub use a::A;\npub struct B;';
    const sources = new Map([
      ['room/mod.rs', face],
      ['room/a.rs', 'use super::B;'],
    ]);
    const circle = 'room/mod.rs imports room/a.rs imports room/mod.rs';
    expect(circlesIn(filesOf(sources))).toEqual([circle]);
    sources.set('room/mod.rs', face.replace('pub use a::A;', ''));
    expect(circlesIn(filesOf(sources))).toEqual([]);
  });

  test('of two folders that import each other are found', () => {
    const sources = new Map([
      ['room/one/a.rs', 'use crate::room::two::b;'],
      ['room/two/b.rs', ''],
      ['room/two/c.rs', 'use super::super::one::d;'],
      ['room/one/d.rs', ''],
    ]);
    expect(circlesIn(filesOf(sources))).toEqual([]);
    expect(allCircles(filesOf(sources))).toEqual(['room/one/ imports room/two/ imports room/one/']);
  });

  test('have at most 400 lines', () => {
    const all = sourcesBelow(join(root, 'crates'), /\.rs$/);
    const long = [...all].filter(([, text]) => text.split('\n').length > 401);
    expect(long.map(([path]) => path)).toEqual([]);
  });
});
