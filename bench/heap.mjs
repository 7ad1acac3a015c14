/** Processes that are measured, on a segment of their own: otherwise all children of this process would share one. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Runs an action with the path of a segment that does not exist yet: in /dev/shm if there is one, else in a directory
 * of temporary files.
 *
 * @template T
 * @param {(segment: string) => Promise<T>} action
 * @returns {Promise<T>} what the action returns
 */
export async function withSegment(action) {
  const directory = mkdtempSync(
    join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'mpmetrics-bench-'),
  );
  try {
    return await action(join(directory, 'bench.heap'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * Starts a script of this folder.
 *
 * @param {string} script its file name
 * @param {unknown} task its argument, which is passed as JSON
 * @param {string} segment the segment that it uses
 */
export function start(script, task, segment) {
  return fork(fileURLToPath(new URL(script, import.meta.url)), [JSON.stringify(task)], {
    // Names the segment. Otherwise the child would share this process's segment, in which `micro.mjs` makes metrics.
    env: { ...process.env, MPMETRICS_SEGMENT: segment },
  });
}

/** Waits for the next message of a child or thread for which `wanted` is true. Rejects if the child ends before. */
export function hear(child, wanted = () => true) {
  return new Promise((resolve, reject) => {
    const forget = () => {
      child.off('message', listen);
      child.off('exit', end);
    };
    const listen = (message) => {
      if (!wanted(message)) return;
      forget();
      resolve(message);
    };
    const end = (code, signal) => {
      forget();
      reject(new Error(`a process that is measured ended with ${signal ?? code}`));
    };
    child.on('message', listen);
    child.on('exit', end);
  });
}

/** Waits for the end of a child. */
export async function ended(child) {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
