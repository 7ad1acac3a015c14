/** The decision: which segment this isolate uses, in the order that the README promises. */

import { statSync } from 'fs';
import { isMainThread } from 'worker_threads';

import { warnOnce } from '../errors';
import type { Binding } from '../native';
import { choiceOf, nameOf, read, write, type Choice } from './choice';
import { directories, namedDirectory } from './directories';
import { startOf, type Variables } from './processes';
import { rootOf, self, type Self } from './root';
import { limitsOf, settings } from './settings';

/** The variable by which a process tells its children which segment it uses. */
export const INHERIT = 'MPMETRICS_INHERIT';

let atStart: Variables | undefined;
/**
 * True once this process found a root that had not passed a segment on to it: one that does not load this package, like
 * PM2.
 */
let replaces = false;

/**
 * The variables that decide. A worker thread may have any, but belongs to its process: for it, those with which the
 * process was started decide.
 */
export function decisiveVariables(): Variables {
  if (isMainThread) return process.env;
  atStart ??= startOf('self').variables ?? process.env;
  return atStart;
}

/** The storage that `MPMETRICS_STORAGE` chooses; undefined if it is not set, or invalid. */
export function storageByVariable(): 'heap' | 'memory' | undefined {
  // A test runner may have given it to its threads only.
  const said = decisiveVariables()['MPMETRICS_STORAGE'] || process.env['MPMETRICS_STORAGE'];
  if (said === undefined || said === '') return undefined;
  if (said === 'heap' || said === 'memory') return said;
  warnOnce(
    'MPMETRICS_CONFIG',
    `MPMETRICS_STORAGE is ignored: it must be "heap" or "memory", and is ${JSON.stringify(said)}`,
    'MPMETRICS_STORAGE',
  );
  return undefined;
}

/** The user's choice of a segment by variable; null if there is none, or no valid one. */
export function segmentByVariable(variables: Variables): Choice | null {
  const segment = variables['MPMETRICS_SEGMENT'];
  if (segment === undefined || segment === '') return null;
  const choice = choiceOf(segment);
  if (choice === null) {
    warnOnce(
      'MPMETRICS_CONFIG',
      'MPMETRICS_SEGMENT is ignored: it must be an absolute path or a name of 1 to 64 of a-z, 0-9 ' +
        `and -, and is ${JSON.stringify(segment)}`,
    );
  }
  return choice;
}

/** What was decided, and for whom. */
export interface Decision {
  choice: Choice;
  self: Self | null;
  /** The package of the application, for which children take the choice over. */
  package: string;
}

/**
 * Decides for the whole process.
 *
 * @returns null where nothing can be decided, because the system does not tell processes apart
 */
export function decide(binding: Binding): Decision | null {
  const me = self(binding);
  const base = chosen(binding, me);
  if (base === null) return null;
  const choice = { ...base.choice };
  const { mode, gid } = settings;
  const dir = settings.dir ?? directoryByVariable();
  if (dir !== undefined) choice.dir = dir;
  if (choice.name !== undefined) {
    choice.directories = directories(choice.dir, decisiveVariables(), base.choice.directories);
  }
  if (mode !== undefined) choice.mode = mode;
  if (gid !== undefined) choice.gid = gid;
  const limits = limitsOf(settings);
  // Limits that are given here replace those of the parent one by one.
  if (limits !== undefined) choice.limits = { ...choice.limits, ...limits };
  return { choice, self: me, package: base.package };
}

/**
 * The directory that `MPMETRICS_DIR` names. It is part of the choice, because a program may have set it by
 * itself, from a file of settings: its threads know only the variables that the process was started with.
 */
function directoryByVariable(): string | undefined {
  return isMainThread ? namedDirectory(decisiveVariables()) : undefined;
}

function chosen(binding: Binding, me: Self | null): Omit<Decision, 'self'> | null {
  const said = byUser(binding);
  if (me === null) return said === null ? null : { choice: said, package: '' };
  if (said !== null) return { choice: said, package: rootOf(binding, me).packages[0]! };
  // PM2 may be started from anywhere, even from another application.
  const inherited = me.managed ? undefined : decisiveVariables()[INHERIT];
  const own = read(inherited, me.package);
  if (own !== null) return { choice: own, package: me.package };
  const root = rootOf(binding, me);
  for (const folder of root.packages) {
    const ofApplication = read(inherited, folder);
    if (ofApplication !== null) return { choice: ofApplication, package: folder };
  }
  const choice: Choice = { name: nameOf(root), root: root.identity };
  if (root.pm2 !== null) {
    choice.pm2 = true;
  } else if (root.identity.pid !== me.identity.pid) {
    const above = startOf(root.identity.pid).variables;
    if (above !== null) choice.directories = directories(undefined, above);
  }
  replaces ||= isMainThread && root.identity.pid !== process.pid;
  return { choice, package: root.packages[0]! };
}

/** The choice that the program configured, that its main thread decided, or that a variable made; null for none. */
function byUser(binding: Binding): Choice | null {
  if (settings.segment !== undefined) return choiceOf(settings.segment);
  // The decision of the main thread holds for all threads, whatever their environment says.
  const ofProcess = isMainThread ? null : read(binding.choice(), null);
  return ofProcess ?? saidByVariable(decisiveVariables());
}

/** The choice by variable. A name that is also the parent's means the parent's segment, in the parent's directories. */
function saidByVariable(variables: Variables): Choice | null {
  const named = segmentByVariable(variables);
  if (named?.name === undefined) return named;
  const above = read(variables[INHERIT], null);
  if (above?.name !== named.name || above.directories === undefined) return named;
  return { ...named, directories: above.directories };
}

/**
 * Whether programs like this one replace each other under a root that has no metrics: PM2, `node --watch`.
 *
 * @param choice what was decided for this process
 */
export function replacesOthers(choice: Choice): boolean {
  return replaces && choice.root !== undefined;
}

/** Passes the decision on to this process's threads and children. */
export function publish(binding: Binding, { choice, self: me, package: folder }: Decision): void {
  const text = write(choice, folder);
  binding.choose(text);
  if (isMainThread && me !== null) process.env[INHERIT] = text;
}

/**
 * Warns if the application's root runs as another user, so that its segment is out of reach.
 *
 * @param choice what was decided for this process
 */
export function warnOfOtherUser(choice: Choice): void {
  const root = choice.root;
  // PM2 has no metrics of its own: processes that it runs as the same user share.
  if (root === undefined || choice.gid !== undefined || choice.pm2 === true) return;
  const uid = process.geteuid?.();
  const owner = ownerOf(root.pid);
  if (uid === undefined || owner === null || owner === uid) return;
  warnOnce(
    'MPMETRICS_ACCESS',
    `this process runs as user ${uid} and process ${root.pid}, which started the application, as ` +
      `user ${owner}: they do not share metrics. If setupPrimary({ uid }) or a service manager ` +
      'changes the user, call configure({ gid, mode: 0o660 }) with a group that both belong to, in both',
  );
}

function ownerOf(pid: number): number | null {
  try {
    return statSync(`/proc/${pid}`).uid;
  } catch {
    return null;
  }
}
