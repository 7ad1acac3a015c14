/** The programs of specs: files in a folder beside the spec, which is called as the spec is. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The text of a program, to be a file of an application's.
 *
 * @param path below `__test__`
 */
export function source(path: string): string {
  return readFileSync(join(__dirname, '..', path), 'utf8');
}
