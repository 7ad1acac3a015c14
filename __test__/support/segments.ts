/** Paths of segments for specs. The segments stay until Vitest ends: copies of the client use them until then. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { FOLDER } from './segments-folder.mts';

/** Returns a path for a segment. */
export function newSegment(): string {
  return join(process.env[FOLDER]!, `${randomUUID()}.heap`);
}
