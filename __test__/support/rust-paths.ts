/**
 * The imports of Rust sources: paths that start with `crate`, `self`, `super` or a module that the file declares.
 * Pure functions over texts, so that a test can pass a text with a wrong path.
 */
import { posix } from 'node:path';

import type { Imports } from './circles';
import { type Ranks, type Sources, verdict } from './ranks';

/** Returns the wrong paths in a crate's sources, one sentence each: paths to modules that have no lower rank. */
export function wrongPaths(sources: Sources, ranks: Ranks): string[] {
  const moduleOf = (segments: readonly string[]) => {
    for (let length = segments.length; length > 0; length--) {
      const name = segments.slice(0, length).join('::');
      if (ranks.has(name)) return name;
    }
    // A path without a module of the table is a name that lib.rs re-exports.
    return 'lib';
  };
  return [...sources].flatMap(([path, text]) => {
    const own = path.replace(/(^|\/)mod\.rs$|\.rs$/, '').split('/');
    if (own.at(-1) === 'tests') return [];
    const from = moduleOf(own);
    if (from === 'lib' && path !== 'lib.rs') return [`${path} has no rank`];
    const parent = path === 'lib.rs' ? [] : own;
    return pathsOf(shipped(text), parent).flatMap((target) =>
      verdict(path, from, target.join('::'), moduleOf(target), ranks),
    );
  });
}

/** Returns the files that each file of a crate imports. An import of a name is an import of its module's file. */
export function filesOf(sources: Sources): Imports {
  const elsewhere = new Map([...sources].flatMap(([path, text]) => movedBy(path, text)));
  const filesAt = (path: readonly string[]): string[] => {
    for (let length = path.length; length > 0; length--) {
      const module = path.slice(0, length).join('/');
      const names = elsewhere.get(module) ?? [`${module}.rs`, `${module}/mod.rs`];
      const files = names.filter((name) => sources.has(name));
      if (files.length > 0) return files;
    }
    return path.length > 0 ? ['lib.rs'] : [];
  };
  const shippedSources = [...sources].filter(([path]) => !modulePath(path).includes('tests'));
  return new Map(
    shippedSources.map(([path, text]) => {
      const targets = pathsOf(shipped(text), modulePath(path)).flatMap(filesAt);
      return [path, [...new Set(targets)].filter((file) => file !== path)];
    }),
  );
}

/** Returns the graph of one folder: its files, and its folders (with a slash) as one node each. */
export function insideOf(imports: Imports, folder: string): Imports {
  const placeOf = (file: string) => {
    const [first, ...rest] = file.slice(folder.length).split('/');
    return `${folder}${first}${rest.length > 0 ? '/' : ''}`;
  };
  const inside = new Map<string, string[]>();
  for (const [file, targets] of imports) {
    if (!file.startsWith(folder)) continue;
    const place = placeOf(file);
    const near = targets.filter((target) => target.startsWith(folder)).map(placeOf);
    const all = [...(inside.get(place) ?? []), ...near];
    inside.set(
      place,
      all.filter((target) => target !== place),
    );
  }
  return inside;
}

/** Every folder of a graph, with a slash at its end, and the root as an empty text. */
export function foldersOf(imports: Imports): string[] {
  const folders = [...imports.keys()].flatMap((file) => {
    const names = file.split('/').slice(0, -1);
    return names.map((_, depth) => `${names.slice(0, depth + 1).join('/')}/`);
  });
  return ['', ...new Set(folders)];
}

/** Modules that a file declares with `path = "…"`, each with the files that may contain it. */
function movedBy(path: string, text: string): [string, string[]][] {
  const declarations = text.matchAll(/((?:#\[[^\]]*\]\s*)+)(?:pub(?:\([^)]*\))? )?mod (\w+);/g);
  return [...declarations].flatMap(([, attributes, name]) => {
    const files = [...attributes!.matchAll(/\bpath = "([^"]+)"/g)].map(([, file]) => file!);
    const near = files.map((file) => posix.join(posix.dirname(path), file));
    return near.length > 0 ? [[[...modulePath(path), name!].join('/'), near]] : [];
  });
}

/** The module of a file, as a path from the crate's root. */
function modulePath(path: string): string[] {
  return path === 'lib.rs' ? [] : path.replace(/\/mod\.rs$|\.rs$/, '').split('/');
}

/**
 * Returns Rust code without comments, literals and inline modules for tests or loom, which may import modules of any
 * rank. Also removes `in …` of a visibility, which is no import.
 */
export function shipped(text: string): string {
  const code = text
    .replace(/\/\*[^]*?\*\/|\/\/.*$|\bb?r(#+)"[^]*?"\1|"(?:[^"\\]|\\[^])*"|'(?:\\.|[^'\\])'/gm, '')
    .replace(/\bpub\(in [^)]*\)/g, 'pub');
  const marker = /#\[cfg\([^\]]*\b(?:test|loom)\b[^\]]*\)\]\s*(?:pub(?:\([^)]*\))? )?mod \w+ \{/;
  let rest = code;
  for (let match = marker.exec(rest); match !== null; match = marker.exec(rest)) {
    let depth = 1;
    let end = match.index + match[0].length;
    for (; depth > 0 && end < rest.length; end++) {
      if (rest[end] === '{') depth++;
      if (rest[end] === '}') depth--;
    }
    rest = rest.slice(0, match.index) + rest.slice(end);
  }
  return rest;
}

/** Names of the modules that a file declares and that are in other files, without modules for tests only. */
function declared(code: string): string[] {
  const found = code.matchAll(
    /(#\[cfg\([^\]]*\btest\b[^\]]*\)\]\s*)?(?:pub(?:\([^)]*\))? )?\bmod (\w+);/g,
  );
  return [...found].filter(([, tests]) => tests === undefined).map(([, , name]) => name!);
}

/**
 * Returns every path that starts with `crate`, `self`, `super` or a module of the file, as a path from the crate's
 * root. Use trees are unfolded.
 */
function pathsOf(code: string, file: readonly string[]): string[][] {
  const first = ['crate', 'self', 'super', ...declared(code)].join('|');
  const starts = new RegExp(`\\bmod (\\w+) \\{|\\{|\\}|(?<![\\w:$])(${first})::`, 'g');
  // The inline modules around the current match, and an empty name for each brace that opens something else.
  const around: string[] = [];
  const paths: string[][] = [];
  for (const match of code.matchAll(starts)) {
    const [token, inline, start] = match;
    if (token === '}') around.pop();
    else if (token.endsWith('{')) around.push(inline ?? '');
    if (start === undefined) continue;
    const own = [...file, ...around.filter((name) => name !== '')];
    const head = { crate: [], self: own, super: own.slice(0, -1) }[start] ?? [...own, start];
    paths.push(...unfold(code, match.index + token.length, head).paths);
  }
  return paths;
}

function unfold(code: string, at: number, head: string[]): { paths: string[][]; end: number } {
  const word = /\s*(\w+|\*|\{)/y;
  word.lastIndex = at;
  const found = word.exec(code)?.[1];
  if (found === undefined) return { paths: [head], end: at };
  let end = word.lastIndex;
  if (found === '{') {
    const paths: string[][] = [];
    while (end < code.length && !/^\s*\}/.test(code.slice(end))) {
      const branch = unfold(code, end, head);
      paths.push(...branch.paths);
      const separator = /[^,{}]*(,?)/y;
      separator.lastIndex = branch.end;
      separator.exec(code);
      if (separator.lastIndex === end) break;
      end = separator.lastIndex;
    }
    return { paths, end: code.indexOf('}', end) + 1 };
  }
  if (found === 'super') head = head.slice(0, -1);
  else if (found !== 'self' && found !== '*') head = [...head, found];
  const more = /\s*::\s*(?=[\w*{])/y;
  more.lastIndex = end;
  if (more.test(code)) return unfold(code, more.lastIndex, head);
  return { paths: [head], end };
}
