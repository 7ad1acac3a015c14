/** Paths of segments for specs. The segments stay until Vitest ends: copies of the client use them until then. */
import { join } from 'node:path';

import { FOLDER } from './segments-folder.mts';

let segments = 0;

/** Returns a path for a segment. */
export function newSegment(): string {
  const name = `${String(process.pid)}-${String(++segments)}.heap`;
  return join(process.env[FOLDER]!, name);
}
