/** Source files below a folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

/** Paths of the files below a folder whose names have this ending. */
export function filesBelow(folder: string, ending: RegExp): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Texts of these files, by their paths below the folder, with slashes. */
export function sourcesBelow(folder: string, ending: RegExp): Map<string, string> {
  return new Map(
    filesBelow(folder, ending).map((file) => [
      relative(folder, file).split(sep).join('/'),
      readFileSync(file, 'utf8'),
    ]),
  );
}
