/** Where segments are kept. */

import { statfsSync } from 'fs';
import { dirname, isAbsolute } from 'path';

import { warnOnce } from '../errors';
import type { Variables } from './processes';

/** Types of file systems that keep files in memory: tmpfs and ramfs (statfs(2)). */
const MEMORY_FILE_SYSTEMS: readonly number[] = [0x01021994, 0x858458f6];

/** The directory that `MPMETRICS_DIR` names; undefined if it names none, or breaks the rule. */
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
 * The chain of directories, best first.
 *
 * @param dir the directory that was configured
 * @param inherited the directories of the process that made the choice; they come before those of this process's own
 *   variables, so that both find, and make, the segment in the same directory
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

/** What `os.tmpdir()` returns in a process with these variables. */
function temporaryDirectory(variables: Variables): string {
  for (const name of ['TMPDIR', 'TMP', 'TEMP']) {
    const folder = variables[name] ?? '';
    if (isAbsolute(folder)) return folder.length > 1 ? folder.replace(/\/$/, '') : folder;
  }
  return '/tmp';
}

/**
 * Warns if the segment is on a disk, to which the kernel writes every updated page now and then; not if the user named
 * the directory.
 *
 * @param path the segment's
 * @param chain what {@link directories} gave
 * @param isNamed true if the user named the first of them
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
 * Warns if a directory could not be used that the user named, or that other processes of this application may have used
 * before its owner or mode was changed: this process does not share metrics with processes that use it, for example in
 * another container.
 *
 * @param path the segment's
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
    // It could be used, so a warning of a disk is not needed.
    return true;
  }
}
