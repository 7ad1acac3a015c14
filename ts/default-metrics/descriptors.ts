/** File descriptors of the process: those that are open, and how many may be. */

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
        // Without the one that reads the directory.
        gauge?.set(group.labels, readdirSync('/proc/self/fd').length - 1);
      } catch {
        // No descriptor is left, or there is no /proc: the last value stays.
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

/** The soft limit, see proc_pid_limits(5); undefined if there is no such file. */
function limit(): number | undefined {
  try {
    const text = readFileSync('/proc/self/limits', 'utf8');
    const soft = /^Max open files\s+(\S+)/m.exec(text)?.[1];
    return soft === undefined ? undefined : Number(soft === 'unlimited' ? Infinity : soft);
  } catch {
    return undefined;
  }
}
