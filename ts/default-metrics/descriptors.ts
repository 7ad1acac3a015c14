/** File descriptors of the process: how many are open, and the limit of their number. */

import { readdirSync, readFileSync } from 'fs';
import { platform } from 'process';

import type { Source } from './group';

const OPEN = 'process_open_fds';
const MOST = 'process_max_fds';

export const openDescriptors: Source = {
  key: 'processOpenFileDescriptors',
  names: [OPEN],
  ofProcess: true,
  start(group) {
    if (platform !== 'linux') return;
    const gauge = group.gauge(OPEN, 'Number of open file descriptors.');
    group.collect(() => {
      try {
        // Does not count the descriptor that reads the directory.
        gauge?.set(group.labels, readdirSync('/proc/self/fd').length - 1);
      } catch {
        // No descriptor is free, or there is no /proc: the gauge keeps its last value.
      }
    });
  },
};

export const mostDescriptors: Source = {
  key: 'processMaxFileDescriptors',
  names: [MOST],
  ofProcess: true,
  start(group) {
    const most = limit();
    if (most === undefined) return;
    const gauge = group.gauge(MOST, 'Maximum number of open file descriptors.');
    group.collect(() => {
      gauge?.set(group.labels, most);
    });
  },
};

/** Returns the soft limit of open files, see proc_pid_limits(5); undefined if it cannot be read, as outside of Linux. */
function limit(): number | undefined {
  if (platform !== 'linux') return undefined;
  try {
    const text = readFileSync('/proc/self/limits', 'utf8');
    const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
    return soft === undefined ? undefined : Number(soft === 'unlimited' ? Infinity : soft);
  } catch {
    return undefined;
  }
}
