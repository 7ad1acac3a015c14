/** `markProcessDead()`, which a program may call after a process has ended. */

import { unfit } from './errors';
import { heap } from './storage';

/**
 * Takes the gauges of a dead process out of its part of the shared memory now: gauges with `dead: 'keep'` are kept for
 * scrapes, joined with those of earlier processes; all others are freed. No program needs this call: it does not change
 * what scrapes show, and otherwise the processes and threads that start later take these gauges out. It is for programs
 * that call `mark_process_dead` of the Python client:
 * `cluster.on('exit', (worker) => markProcessDead(worker.process.pid))`.
 *
 * @param pid the id of the process, in this process's pid namespace
 * @returns the number of parts of gauges that were taken out; for a process that lives, those of its threads that have
 *   ended. 0 for a process that is not known, and if another process or thread holds the heap lock
 * @throws TypeError if `pid` is no process id
 */
export function markProcessDead(pid: number): number {
  if (!Number.isInteger(pid) || pid < 1 || pid > 0xffff_ffff) {
    throw unfit('pid', 'the id of a process', pid);
  }
  return heap.endLives(pid);
}
