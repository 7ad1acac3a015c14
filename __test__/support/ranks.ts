/**
 * The direction of imports: the ranks in docs/ARCHITECTURE.md against what the sources import. Pure
 * functions over texts, so that a test can hand them a wrong import.
 */
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

/** Rank of each module, as the architecture's tables name them: `cells`, `collect::model`, `labels/`. */
export type Ranks = ReadonlyMap<string, number>;

/** Sources by their path below the folder that the table is about, with slashes. */
export type Sources = ReadonlyMap<string, string>;

/** Reads the table under the heading that starts with `### <language>`. */
export function ranksOf(architecture: string, language: string): Ranks {
  const section = architecture.split(/^### /m).find((part) => part.startsWith(language)) ?? '';
  const rows = section.matchAll(/^\| (\d+) \| `([^`]+)` \|/gm);
  return new Map([...rows].map(([, rank, name]) => [name!, Number(rank)]));
}

/** Imports in TypeScript sources that do not point down, one sentence each. */
export function wrongImports(sources: Sources, ranks: Ranks): string[] {
  const moduleOf = (path: string) => {
    const folders = path.split('/').slice(0, -1);
    for (let length = folders.length; length > 0; length--) {
      const name = `${folders.slice(0, length).join('/')}/`;
      if (ranks.has(name)) return name;
    }
    return folders.length > 0 ? `${folders[0]!}/` : path;
  };
  return [...sources].flatMap(([path, text]) => {
    const from = moduleOf(path);
    if (!ranks.has(from)) return [`${path} has no rank`];
    return specifiersOf(text).flatMap((specifier) => {
      // What prom-client requires as `http` users replace by that name, and Jest 26 knows no other.
      if (specifier.startsWith('node:')) return [`${path} imports ${specifier} by that prefix`];
      if (isBuiltin(specifier)) return [];
      if (!specifier.startsWith('.')) return [`${path} imports the package ${specifier}`];
      const target = targetOf(path, specifier, sources);
      if (target === undefined) return [`${path} imports ${specifier}, which is not in ts/`];
      return verdict(path, from, target, moduleOf(target), ranks);
    });
  });
}

/** Paths in Rust sources of a crate that do not point down, one sentence each. */
export function wrongPaths(sources: Sources, ranks: Ranks): string[] {
  const moduleOf = (segments: readonly string[]) => {
    for (let length = segments.length; length > 0; length--) {
      const name = segments.slice(0, length).join('::');
      if (ranks.has(name)) return name;
    }
    // What is not a module of the table is a name that lib.rs re-exports.
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

function verdict(path: string, from: string, target: string, to: string, ranks: Ranks): string[] {
  if (from === to) return [];
  const [own, other] = [ranks.get(from), ranks.get(to)];
  if (own === undefined || other === undefined) return [`${target} has no rank`];
  return other < own ? [] : [`${path} (rank ${own}) imports ${target} (rank ${other})`];
}

/** The file that an import in another means; undefined if it is not among the sources. */
export function targetOf(path: string, specifier: string, sources: Sources): string | undefined {
  const exact = posix.join(posix.dirname(path), specifier);
  const bare = exact.replace(/\.[jt]s$/, '');
  return [exact, `${bare}.ts`, posix.join(bare, 'index.ts')].find((file) => sources.has(file));
}

/** What a TypeScript source imports, as it says it. */
export function specifiersOf(text: string): string[] {
  const code = text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = code.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*(['"])([^'"]+)\1/g);
  return [...found].map(([, , specifier]) => specifier!);
}

/** Rust code without comments, strings and `#[cfg(test)]` modules: tests may build on what is above. */
export function shipped(text: string): string {
  const code = text.replace(/\/\*[^]*?\*\/|\/\/.*$|"(?:[^"\\]|\\[^])*"/gm, '');
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

/** Every path that starts with `crate`, `self` or `super`, from the crate's root, use trees unfolded. */
function pathsOf(code: string, file: readonly string[]): string[][] {
  const starts = /\bmod (\w+) \{|\{|\}|(?<![\w:$])(crate|self|super)::/g;
  // The inline modules around a place, with an empty name for every other brace.
  const around: string[] = [];
  const paths: string[][] = [];
  for (const match of code.matchAll(starts)) {
    const [token, inline, start] = match;
    if (token === '}') around.pop();
    else if (token.endsWith('{')) around.push(inline ?? '');
    if (start === undefined) continue;
    const own = [...file, ...around.filter((name) => name !== '')];
    const head = { crate: [], self: own, super: own.slice(0, -1) }[start] ?? [];
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
