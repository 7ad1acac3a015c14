/**
 * Circles of files: which sources import each other, by whatever detour. Pure functions over texts, so that a test can
 * hand them a circle.
 */
import { specifiersOf, targetOf, type Sources } from './ranks';

/** What each source imports, whether values or only types, of the sources that are given. */
export type Imports = ReadonlyMap<string, readonly string[]>;

/** Reads the imports out of TypeScript sources. */
export function importsOf(sources: Sources): Imports {
  return new Map(
    [...sources].map(([path, text]) => [
      path,
      specifiersOf(text)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => targetOf(path, specifier, sources))
        .filter((target) => target !== undefined),
    ]),
  );
}

/**
 * The circles, one sentence each: `a.ts imports b.ts imports a.ts`. Of files that are tied together in several ways
 * one circle is told; there is none if and only if the files can be sorted so that each imports earlier ones only.
 */
export function circlesIn(imports: Imports): string[] {
  const circles: string[] = [];
  const done = new Set<string>();
  const way: string[] = [];
  const visit = (path: string): void => {
    if (done.has(path)) return;
    const at = way.indexOf(path);
    if (at !== -1) {
      circles.push([...way.slice(at), path].join(' imports '));
      return;
    }
    way.push(path);
    for (const target of imports.get(path) ?? []) visit(target);
    way.pop();
    done.add(path);
  };
  for (const path of imports.keys()) visit(path);
  return circles;
}
