/** The programs of specs: files in a folder beside the spec, with the name of the spec. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Returns the text of a program, for a file of an application.
 *
 * @param path below `__test__`
 */
export function source(path: string): string {
  return readFileSync(join(__dirname, '..', path), 'utf8');
}
