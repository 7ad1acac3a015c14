/**
 * Compares the imports of sources with the ranks in docs/ARCHITECTURE.md. Pure functions over texts, so that a test can
 * pass a text with a wrong import.
 */
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';

/** Rank of each module, as the architecture's tables name them: `cells`, `errors.ts`, `storage/cells/`. */
export type Ranks = ReadonlyMap<string, number>;

/** Texts of sources, by their path below the folder that the table describes, with slashes. */
export type Sources = ReadonlyMap<string, string>;

/** Reads the table under the heading that starts with `### <language>`. */
export function ranksOf(architecture: string, language: string): Ranks {
  const section = architecture.split(/^### /m).find((part) => part.startsWith(language)) ?? '';
  const rows = section.matchAll(/^\| (\d+) \| `([^`]+)` \|/gm);
  return new Map([...rows].map(([, rank, name]) => [name!, Number(rank)]));
}

/** Returns the wrong imports of TypeScript sources, one sentence each. */
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
      // Users mock `http` under the name that prom-client requires, without a prefix, and Jest 26 knows no prefix.
      if (specifier.startsWith('node:'))
        return [`${path} imports ${specifier} with the prefix node:`];
      if (isBuiltin(specifier)) return [];
      if (!specifier.startsWith('.')) return [`${path} imports the package ${specifier}`];
      const target = targetOf(path, specifier, sources);
      if (target === undefined) return [`${path} imports ${specifier}, which is not in ts/`];
      return verdict(path, from, target, moduleOf(target), ranks);
    });
  });
}

/** Returns a sentence about an import, unless the imported module has a lower rank or is the importing module. */
export function verdict(
  path: string,
  from: string,
  target: string,
  to: string,
  ranks: Ranks,
): string[] {
  if (from === to) return [];
  const [own, other] = [ranks.get(from), ranks.get(to)];
  if (own === undefined || other === undefined) return [`${target} has no rank`];
  return other < own ? [] : [`${path} (rank ${own}) imports ${target} (rank ${other})`];
}

/** Returns the file to which an import resolves; undefined if it is not among the sources. */
export function targetOf(path: string, specifier: string, sources: Sources): string | undefined {
  const exact = posix.join(posix.dirname(path), specifier);
  const bare = exact.replace(/\.[jt]s$/, '');
  return [exact, `${bare}.ts`, posix.join(bare, 'index.ts')].find((file) => sources.has(file));
}

/** Returns the module specifiers that a TypeScript source imports. */
export function specifiersOf(text: string): string[] {
  const code = text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = code.matchAll(/(?:\bfrom|\bimport|\bimport\(|\brequire\()\s*(['"])([^'"]+)\1/g);
  return [...found].map(([, , specifier]) => specifier!);
}
