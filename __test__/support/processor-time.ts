import { readFileSync } from 'node:fs';

import { afterAll } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Seconds of processor time that the file's process, and those of its children that have ended, used. */
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

// Vitest reads from a hook's first parameter which fixtures the hook wants, and accepts only a destructuring pattern.
// eslint-disable-next-line no-empty-pattern
afterAll(({}, file) => {
  const seconds = processorSeconds();
  if (seconds !== undefined) file.meta.processorSeconds = seconds;
});
