/** What a program may tell about a process that has ended. */

import { unfit } from './errors';
import { heap } from './storage';

/**
 * Takes the gauges of a dead process out of its part of the shared memory now: those that count the living only are
 * freed, and those with `dead: 'keep'` are joined with those of other dead processes. Scrapes show the same before and
 * after, and the next process that starts does it otherwise, so no program needs this call. It stands for
 * `mark_process_dead` of the Python client, in `cluster.on('exit', (worker) => markProcessDead(worker.process.pid))`.
 *
 * @param pid the id of the process, in this process's pid namespace
 * @returns how many parts of gauges there were; 0 for a living process, for one that is not known, and if another
 *   process holds the heap lock
 * @throws TypeError if `pid` is no process id
 */
export function markProcessDead(pid: number): number {
  if (!Number.isInteger(pid) || pid < 1 || pid > 0xffff_ffff) {
    throw unfit('pid', 'the id of a process', pid);
  }
  return heap.endLives(pid);
}
