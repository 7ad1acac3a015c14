/** The choice of a process's segment, as a text that its worker threads and children read. */

import { isAbsolute } from 'path';

import type { HeapLimits, ProcessIdentity } from '../native';
import { digest } from './digest';
import type { Root } from './root';
import { LIMITS, SEGMENT_NAME } from './settings';

/** Maximum number of directories that are read from a choice. Each level of processes may add a few to it. */
const MOST = 16;

/** A process's decision about its segment. */
export interface Choice {
  /** Absolute path of the segment, if the user gave one. */
  path?: string;
  /** Name of the segment in the directories, if there is no `path`. */
  name?: string;
  /** The application's root; absent if the user chose the segment. */
  root?: ProcessIdentity;
  /** True if the root is PM2, which runs the application and is not part of it. */
  pm2?: boolean;
  /** The directory that the user configured. */
  dir?: string;
  /**
   * The directories in which the process looks for the segment, best first. Its children look in the same ones, even if
   * they have other variables.
   */
  directories?: string[];
  mode?: number;
  gid?: number;
  /** Limits of the segment, if it has to be made. */
  limits?: HeapLimits;
}

/** Returns the name of an application's segment: a hash of its root's identity, and of its names in PM2. */
export function nameOf({ identity, pm2 }: Pick<Root, 'identity' | 'pm2'>): string {
  const { pid, startTime, bootId, pidNamespace } = identity;
  const parts: unknown[] = [pid, startTime, bootId, pidNamespace];
  if (pm2 !== null) parts.push(pm2.namespace, pm2.name);
  return digest(JSON.stringify(parts));
}

/** Returns the choice for a value of `MPMETRICS_SEGMENT` or `configure({ segment })`; null if it is invalid. */
export function choiceOf(segment: string): Choice | null {
  if (isAbsolute(segment)) return { path: segment };
  return SEGMENT_NAME.test(segment) ? { name: segment } : null;
}

/** Returns the choice as text, with a hash of the folder of the application's package. */
export function write(choice: Choice, folder: string): string {
  return JSON.stringify({ ...choice, for: folderKey(folder) });
}

/**
 * Reads a choice back.
 *
 * @param text from the environment, so any program may have written it
 * @param folder the folder of the package for which the choice must be made; null for any
 * @returns null if the choice is for another package, or is invalid
 */
export function read(text: string | null | undefined, folder: string | null): Choice | null {
  if (text === null || text === undefined) return null;
  let fields: Readonly<Record<string, unknown>>;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null) return null;
    fields = parsed as typeof fields;
  } catch {
    return null;
  }
  if (folder !== null && fields['for'] !== folderKey(folder)) return null;
  const choice: Choice = {};
  const { path, name, root, pm2, dir, directories, mode, gid, limits } = fields;
  if (typeof path === 'string' && isAbsolute(path)) choice.path = path;
  else if (typeof name === 'string' && SEGMENT_NAME.test(name)) choice.name = name;
  else return null;
  if (isIdentity(root)) choice.root = root;
  if (pm2 === true) choice.pm2 = true;
  if (typeof dir === 'string' && isAbsolute(dir)) choice.dir = dir;
  if (Array.isArray(directories)) choice.directories = directories.filter(isPath).slice(0, MOST);
  if (typeof mode === 'number') choice.mode = mode;
  if (typeof gid === 'number') choice.gid = gid;
  const known = readLimits(limits);
  if (known !== undefined) choice.limits = known;
  return choice;
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && isAbsolute(value);
}

function readLimits(value: unknown): HeapLimits | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const limits: HeapLimits = {};
  for (const name of Object.keys(LIMITS) as (keyof HeapLimits)[]) {
    const limit = (value as Readonly<Record<string, unknown>>)[name];
    if (typeof limit === 'number' && Number.isSafeInteger(limit) && limit > 0) limits[name] = limit;
  }
  return limits;
}

function folderKey(folder: string): string {
  return digest(folder).slice(-16);
}

function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return (
    Number.isInteger(fields['pid']) &&
    Number.isInteger(fields['ppid']) &&
    /^\d+$/.test(String(fields['startTime'])) &&
    /^[0-9a-f-]{32,36}$/.test(String(fields['bootId'])) &&
    /^\d+$/.test(String(fields['pidNamespace']))
  );
}
