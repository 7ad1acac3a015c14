import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

import { afterAll } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Seconds of processor time that the file's tests used, with their child processes that have ended. */
    processorSeconds?: number;
  }
}

/** Kernel ticks a second in `/proc`, on each architecture that Node.js runs on. */
const TICKS = 100;

/**
 * Processor time of this process and of its children that have ended.
 *
 * @returns seconds; undefined where there is no `/proc`
 */
function processorSeconds(): number | undefined {
  let stat: string;
  try {
    stat = readFileSync('/proc/self/stat', 'utf8');
  } catch {
    return undefined;
  }
  // utime, stime, cutime and cstime are the fields 14 to 17; the name, field 2, can contain spaces.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / TICKS;
}

/** Milliseconds that killed children may take to end. */
const PATIENCE = 1_000;

/** Waits until no child runs. The processor time of a child counts when it has ended. */
async function noChildren(): Promise<void> {
  const children = () =>
    readdirSync('/proc/self/task').some(
      (task) => readFileSync(`/proc/self/task/${task}/children`, 'utf8') !== '',
    );
  const begun = performance.now();
  try {
    while (children() && performance.now() - begun < PATIENCE) await setTimeout(10);
  } catch {
    // There is no /proc, or a thread ended meanwhile.
  }
}

/** Seconds that earlier test files used in this process: Vitest runs this setup file again for each test file. */
const before = processorSeconds() ?? 0;

// Vitest reads from a hook's first parameter which fixtures the hook wants, and accepts only a destructuring pattern.
// eslint-disable-next-line no-empty-pattern
afterAll(async ({}, file) => {
  await noChildren();
  const seconds = processorSeconds();
  if (seconds !== undefined) file.meta.processorSeconds = seconds - before;
});
