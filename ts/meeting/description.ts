/** What a segment says about its application, for people who look at it. */

import { readFileSync } from 'fs';
import { uptime } from 'os';
import { basename, join } from 'path';

import type { ProcessIdentity, SegmentDescription } from '../native';
import type { Decision } from './decide';
import { scriptOfProcess } from './processes';

/** Clock ticks in a second, as Linux shows times in /proc on every machine. */
const TICKS = 100;

/** Describes the application of this process, for a segment that it makes. */
export function describe({ choice, self, package: folder }: Decision): SegmentDescription {
  const description: SegmentDescription = {};
  const name = nameOf(folder);
  if (name !== null) description.name = name;
  const script = scriptOfProcess(choice.root?.pid ?? process.pid, self?.start.pm2 ?? null);
  if (script !== null) description.script = script;
  if (choice.root !== undefined) description.started = startedAt(choice.root);
  return description;
}

/** The name in a folder's package.json; if it has none, the folder's own. */
function nameOf(folder: string): string | null {
  // Without /proc, the package is not known.
  if (folder === '') return null;
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const { name } = (manifest ?? {}) as { name?: unknown };
    if (typeof name === 'string' && name !== '') return name;
  } catch {
    // There is no package.json, or it is not JSON.
  }
  return basename(folder) || null;
}

/** The Unix time at which a process of this boot started, in milliseconds. */
function startedAt({ startTime }: ProcessIdentity): number {
  const start = Number(startTime);
  if (process.platform !== 'linux') return Math.round(start / 1000);
  return Math.round(Date.now() - uptime() * 1000 + (start * 1000) / TICKS);
}
