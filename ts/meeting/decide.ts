/** Decides which segment this isolate uses. The README documents the order in which the settings count. */

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
 * True once this process has a root that passed no segment on to it, because the root does not load this package (PM2,
 * for example).
 */
let replaces = false;

/**
 * The environment variables that decide. A worker thread may have an environment of its own, but uses the segment of
 * its process: so in a thread the variables with which the process was started decide.
 */
export function decisiveVariables(): Variables {
  if (isMainThread) return process.env;
  atStart ??= startOf('self').variables ?? process.env;
  return atStart;
}

/** Returns a variable that decides; undefined if it is not set, or empty. */
export function variable(name: string): string | undefined {
  // A test runner may have set the variable for its threads only.
  return decisiveVariables()[name] || process.env[name] || undefined;
}

/** The storage that `MPMETRICS_STORAGE` chooses; undefined if it is not set, or invalid. */
export function storageByVariable(): 'heap' | 'memory' | undefined {
  const said = variable('MPMETRICS_STORAGE');
  if (said === undefined) return undefined;
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

/** A decision, and the process for which it was made. */
export interface Decision {
  choice: Choice;
  self: Self | null;
  /** The folder of the application's package. A child takes the choice over if it belongs to the same package. */
  package: string;
}

/**
 * Makes the decision for the whole process.
 *
 * @returns null if the user chose no segment, and /proc does not identify this process
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
  // Each limit that is set in this process replaces the one of the parent; the parent's other limits stay.
  if (limits !== undefined) choice.limits = { ...choice.limits, ...limits };
  return { choice, self: me, package: base.package };
}

/**
 * The directory that `MPMETRICS_DIR` names. It becomes part of the choice, because the program may have set the
 * variable itself (from a file of settings, for example), and threads look only at the variables with which the process
 * was started.
 */
function directoryByVariable(): string | undefined {
  return isMainThread ? namedDirectory(decisiveVariables()) : undefined;
}

function chosen(binding: Binding, me: Self | null): Omit<Decision, 'self'> | null {
  const said = byUser(binding);
  if (me === null) return said === null ? null : { choice: said, package: '' };
  if (said !== null) return { choice: said, package: rootOf(binding, me).packages[0]! };
  // The variable of a process that PM2 manages is not used: PM2 may have been started by another application.
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

/** The user's choice: by `configure()`, else, in a thread, that of the main thread, else by a variable. May be null. */
function byUser(binding: Binding): Choice | null {
  if (settings.segment !== undefined) return choiceOf(settings.segment);
  // The decision of the main thread holds for all threads, whatever is in their environment.
  const ofProcess = isMainThread ? null : read(binding.choice(), null);
  return ofProcess ?? saidByVariable(decisiveVariables());
}

/**
 * Returns the choice by variable. If the variable names the parent's segment, this process looks for the segment in the
 * parent's directories.
 */
function saidByVariable(variables: Variables): Choice | null {
  const named = segmentByVariable(variables);
  if (named?.name === undefined) return named;
  const above = read(variables[INHERIT], null);
  if (above?.name !== named.name || above.directories === undefined) return named;
  return { ...named, directories: above.directories };
}

/**
 * Whether this process runs under a root that has no metrics (PM2, `node --watch`), where a new version of a program
 * replaces the one before.
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
 * Warns if the application's root runs as another user, because then this process cannot use the root's segment.
 *
 * @param choice what was decided for this process
 */
export function warnOfOtherUser(choice: Choice): void {
  const root = choice.root;
  // PM2 has no metrics, so its user does not matter: processes that it runs as the same user share a segment.
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
