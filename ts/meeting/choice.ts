/** Which segment a process uses, as a text that worker threads and children can take over. */

import { createHash } from 'crypto';
import { isAbsolute } from 'path';

import type { HeapLimits, ProcessIdentity } from '../native';
import type { Root } from './root';
import { LIMITS, SEGMENT_NAME } from './settings';

/** Most directories that are taken over: a few for each level of processes with other variables. */
const MOST = 16;

/** What a process decided about its segment. */
export interface Choice {
  /** Absolute path, if the user gave one. */
  path?: string;
  /** Else its name in the directories. */
  name?: string;
  /** The application's root; absent if the user chose the segment. */
  root?: ProcessIdentity;
  /** True if PM2 is the root: it only runs the application. */
  pm2?: boolean;
  /** The directory that the user configured. */
  dir?: string;
  /** The directories where the process looks, best first: its children may have other variables. */
  directories?: string[];
  mode?: number;
  gid?: number;
  /** Limits for a segment that is made. */
  limits?: HeapLimits;
}

/** The name of the segment of an application: a hash of its root's identity. */
export function nameOf({ identity, pm2 }: Pick<Root, 'identity' | 'pm2'>): string {
  const { pid, startTime, bootId, pidNamespace } = identity;
  const parts: unknown[] = [pid, startTime, bootId, pidNamespace];
  if (pm2 !== null) parts.push(pm2.namespace, pm2.name);
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** What a value of `MPMETRICS_SEGMENT` or `configure({ segment })` says; null if it breaks the rule. */
export function choiceOf(segment: string): Choice | null {
  if (isAbsolute(segment)) return { path: segment };
  return SEGMENT_NAME.test(segment) ? { name: segment } : null;
}

/** The choice as text, with the package of the application that it is for. */
export function write(choice: Choice, folder: string): string {
  return JSON.stringify({ ...choice, for: folderKey(folder) });
}

/**
 * Reads a choice back.
 *
 * @param text from the environment, so any program may have written it
 * @param folder the package that it must be for; null for any
 * @returns null if it is for another package or makes no sense
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
  return createHash('sha256').update(folder).digest('hex').slice(0, 16);
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
