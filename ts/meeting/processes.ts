/**
 * Reads from /proc how a process of this user was started: its environment variables, without changes that it has made
 * since, and its arguments, unless it has changed its title. Also reads its current working directory.
 */

import { readFileSync, readlinkSync } from 'fs';

import { packageOf, packageOfCommand, packageOfScript, scriptOfCommand } from './packages';

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** An application that PM2 runs, by PM2's names. */
export interface Pm2Application {
  id: string;
  namespace: string;
  name: string;
  /** The script that PM2 runs. */
  script: string;
}

/** How a process was started. */
export interface Start {
  /** The variables with which it was started, some of which Node.js then deletes. Null if they cannot be read. */
  variables: Variables | null;
  /** The PM2 application for which PM2 started it or one of its ancestors; null if there is none. */
  pm2: Pm2Application | null;
}

/** Returns how a process was started. */
export function startOf(pid: number | 'self'): Start {
  const variables = variablesOf(pid);
  return { variables, pm2: variables === null ? null : pm2Application(variables) };
}

function variablesOf(pid: number | 'self'): Variables | null {
  const text = read(pid, 'environ');
  if (text === null) return null;
  const variables: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const entry of text.split('\0')) {
    const end = entry.indexOf('=');
    // Of two entries with one name, the first is used, as in getenv(3).
    if (end > 0) variables[entry.slice(0, end)] ??= entry.slice(end + 1);
  }
  return variables;
}

/**
 * True if the process was started with a channel to its parent, as by `cluster.fork` or `child_process.fork`. The
 * parent's Node.js sets `NODE_CHANNEL_FD`, and `cluster.fork` also `NODE_UNIQUE_ID`; the child's Node.js deletes both.
 */
export function isForked(variables: Variables): boolean {
  return isClusterWorker(variables) || variables['NODE_CHANNEL_FD'] !== undefined;
}

/** True if the process was started by `cluster.fork`. */
export function isClusterWorker(variables: Variables): boolean {
  return variables['NODE_UNIQUE_ID'] !== undefined;
}

/** Returns the number of this process among the workers of its cluster: `cluster.worker.id`. 0 if it is no worker. */
export function workerNumber(): number {
  const id = Number(startOf('self').variables?.['NODE_UNIQUE_ID'] ?? 0);
  return Number.isSafeInteger(id) && id > 0 && id < 2 ** 32 ? id : 0;
}

/** PM2 passes its description of an application to cluster workers as JSON, and to others variable by variable. */
function pm2Application(variables: Variables): Pm2Application | null {
  let fields: Readonly<Record<string, unknown>> = variables;
  const json = variables['pm2_env'];
  if (json !== undefined) {
    try {
      const parsed: unknown = JSON.parse(json);
      if (typeof parsed === 'object' && parsed !== null) fields = parsed as typeof fields;
    } catch {
      return null;
    }
  }
  const { pm_id: id, pm_exec_path: script, name, namespace } = fields;
  if ((typeof id !== 'string' && typeof id !== 'number') || typeof script !== 'string') return null;
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  return { id: String(id), script, name: text(name), namespace: text(namespace) };
}

/**
 * Returns the folder of the package that this process runs.
 *
 * @param pm2 the PM2 application of this process, whose script is used if the main script is PM2's wrapper
 */
export function ownPackage(pm2: Pm2Application | null): string {
  const script = process.argv[1];
  const wrapped = script !== undefined && /[\\/]lib[\\/]ProcessContainer\w*\.js$/.test(script);
  const main = wrapped && pm2 !== null ? pm2.script : script;
  return (main === undefined ? null : packageOfScript(main)) ?? packageOf(process.cwd());
}

/**
 * Returns the path of the main script that a process runs; null if its command line does not show it.
 *
 * @param pm2 as for {@link ownPackage}
 */
export function scriptOfProcess(pid: number, pm2: Pm2Application | null): string | null {
  if (pm2 !== null) return pm2.script;
  if (pid === process.pid) return process.argv[1] ?? null;
  const cwd = workingDirectory(pid);
  const args = argumentsOf(pid);
  return cwd === null || args === null ? null : scriptOfCommand(args, cwd);
}

/** Returns the folder of the package that another process runs; null if its command line does not show it. */
export function packageOfProcess(pid: number): string | null {
  const cwd = workingDirectory(pid);
  const args = argumentsOf(pid);
  return cwd === null || args === null ? null : packageOfCommand(args, cwd);
}

/** Returns the arguments of a process, the program's own name first; null if they cannot be read. */
export function argumentsOf(pid: number | 'self'): string[] | null {
  return read(pid, 'cmdline')?.replace(/\0+$/, '').split('\0') ?? null;
}

/** Returns the folder of the package around another process's working directory; null if it is unknown. */
export function packageAround(pid: number): string | null {
  const cwd = workingDirectory(pid);
  return cwd === null ? null : packageOf(cwd);
}

function workingDirectory(pid: number): string | null {
  if (!hasProc()) return null;
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return null;
  }
}

function read(pid: number | 'self', file: string): string | null {
  if (!hasProc()) return null;
  try {
    const text: unknown = readFileSync(`/proc/${pid}/${file}`, 'utf8');
    // Undefined if a test replaced `fs`.
    return typeof text === 'string' ? text : null;
  } catch {
    // The process belongs to another user or has ended, or this program may not read the file.
    return null;
  }
}

/** Whether the system has Linux's /proc. Others have none, or one of another form. */
function hasProc(): boolean {
  return process.platform === 'linux';
}
