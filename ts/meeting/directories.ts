/** The directories in which segments are kept. */

import { statfsSync } from 'fs';
import { dirname, isAbsolute } from 'path';

import { warnOnce } from '../errors';
import type { Variables } from './processes';

/** Types of file systems that keep files in memory: tmpfs and ramfs (statfs(2)). */
const MEMORY_FILE_SYSTEMS: readonly number[] = [0x01021994, 0x858458f6];

/** Returns the directory that `MPMETRICS_DIR` names; undefined if it is not set, or is not an absolute path. */
export function namedDirectory(variables: Variables): string | undefined {
  const named = variables['MPMETRICS_DIR'];
  if (named === undefined || named === '') return undefined;
  if (isAbsolute(named)) return named;
  warnOnce(
    'MPMETRICS_CONFIG',
    `MPMETRICS_DIR is ignored: it must be an absolute path, and is ${JSON.stringify(named)}`,
  );
  return undefined;
}

/**
 * Returns the chain of directories in which a process looks for its segment, best first.
 *
 * @param dir the directory that was configured
 * @param inherited the directories of the process whose segment this process is to use: its parent, or the root. They
 *   come after the directory that `dir` or `MPMETRICS_DIR` names, and before all others, so that both processes find,
 *   or make, the segment in the same directory
 */
export function directories(
  dir: string | undefined,
  variables: Variables,
  inherited: readonly string[] = [],
): string[] {
  const named = dir ?? namedDirectory(variables);
  const chain = named === undefined ? [] : [named];
  chain.push(...inherited, '/dev/shm');
  const runtime = variables['XDG_RUNTIME_DIR'];
  if (runtime !== undefined && isAbsolute(runtime)) chain.push(runtime);
  chain.push(temporaryDirectory(variables));
  return [...new Set(chain)];
}

/** Returns what `os.tmpdir()` returns in a process with these variables, but skips paths that are not absolute. */
function temporaryDirectory(variables: Variables): string {
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) {
    const folder = variables[name] ?? '';
    if (isAbsolute(folder)) return folder.length > 1 ? folder.replace(/\/$/, '') : folder;
  }
  return '/tmp';
}

/**
 * Warns if the segment is on a disk, because the kernel writes every updated page to the disk now and then. Does not
 * warn if the user named the directory.
 *
 * @param path of the segment
 * @param chain the result of {@link directories}
 * @param isNamed true if the user named the first directory of the chain
 */
export function warnOfDisk(path: string, chain: readonly string[], isNamed: boolean): void {
  const folder = dirname(dirname(path));
  if ((isNamed && folder === chain[0]) || isInMemory(folder)) return;
  warnOnce(
    'MPMETRICS_DISK',
    `metrics are shared through ${path}, which lies on a disk, as no better directory could be ` +
      'used: make /dev/shm writable, or set MPMETRICS_DIR to a directory on a tmpfs',
  );
}

/**
 * Warns in two cases that a directory could not be used: if the user named it, or if it is not safe to use, for example
 * after its owner or mode was changed. Other processes may use the directory, for example those of another container,
 * or those that started before the change. This process does not share metrics with them.
 *
 * @param path of the segment
 * @param named the directory that the user named
 * @param passedOver the directories that could not be used, from the native module: `path: reason`
 * @returns whether it warned
 */
export function warnOfPassedOver(
  path: string,
  named: string | undefined,
  passedOver: readonly string[],
): boolean {
  const reason = passedOver.find((one) => named !== undefined && one.startsWith(`${named}: `));
  const changed = passedOver.find((one) => one.includes(' is not safe to use: '));
  if (reason === undefined && changed === undefined) return false;
  if (reason === undefined) {
    warnOnce('MPMETRICS_ACCESS', `${changed!}: metrics are shared through ${path} instead`);
  } else {
    warnOnce(
      'MPMETRICS_CONFIG',
      `the directory for metrics that was named cannot be used (${reason}): they are shared through ${path}`,
    );
  }
  return true;
}

function isInMemory(folder: string): boolean {
  try {
    return MEMORY_FILE_SYSTEMS.includes(statfsSync(folder).type);
  } catch {
    // The type of the file system is unknown, so there is no reason to warn.
    return true;
  }
}
