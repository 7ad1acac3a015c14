/**
 * Circles of imports: sources that import each other, directly or through other sources. Pure functions over texts, so
 * that a test can pass texts with a circle.
 */
import { specifiersOf, targetOf, type Sources } from './ranks';

/** The sources that each source imports, for values or only for types. */
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
 * Returns circles, one sentence each: `a.ts imports b.ts imports a.ts`. Files that are in several circles may be
 * returned in one circle only. The result is empty if and only if there is no circle.
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
