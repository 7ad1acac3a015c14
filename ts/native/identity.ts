/** What tells a process from all others. */

/** The identity of a process. It differs from that of any process that had its pid before, or gets it later. */
export interface ProcessIdentity {
  pid: number;
  ppid: number;
  /** Time of the process's start: on Linux in clock ticks after boot, on macOS in microseconds since 1970. */
  startTime: string;
  bootId: string;
  /** Inode of the pid namespace. */
  pidNamespace: string;
}
