/** Memory of the process, as the operating system counts it. */

import { readFileSync } from 'fs';

import type { Source } from './group';
import { residentBytes } from './usage';

const RESIDENT = 'process_resident_memory_bytes';
const VIRTUAL = 'process_virtual_memory_bytes';
const HEAP = 'process_heap_bytes';

const linux = process.platform === 'linux';

export const memory: Source = {
  key: 'osMemoryHeap',
  names: linux ? [RESIDENT, VIRTUAL, HEAP] : [RESIDENT],
  ofProcess: true,
  start(group) {
    const resident = group.gauge(RESIDENT, 'Resident memory size in bytes.');
    const virtual = linux ? group.gauge(VIRTUAL, 'Virtual memory size in bytes.') : undefined;
    const heap = linux ? group.gauge(HEAP, 'Process heap size in bytes.') : undefined;
    group.collect(() => {
      const bytes = linux ? status() : { rss: residentBytes() };
      const { labels } = group;
      if (bytes.rss !== undefined) resident?.set(labels, bytes.rss);
      if (bytes.size !== undefined) virtual?.set(labels, bytes.size);
      if (bytes.data !== undefined) heap?.set(labels, bytes.data);
    });
  },
};

interface Bytes {
  rss?: number | undefined;
  size?: number | undefined;
  data?: number | undefined;
}

/**
 * Reads figures from /proc/self/status, see proc_pid_status(5). The read does not block, because the kernel generates
 * the file in memory.
 */
function status(): Bytes {
  let text: string;
  try {
    text = readFileSync('/proc/self/status', 'utf8');
  } catch {
    return {};
  }
  const bytesOf = (field: string): number | undefined => {
    const kibibytes = new RegExp(`^${field}:\\s*(\\d+) kB$`, 'm').exec(text)?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  };
  return { rss: bytesOf('VmRSS'), size: bytesOf('VmSize'), data: bytesOf('VmData') };
}
