/** What the user configured, for this isolate. */

/** Settings of the package. What is not given keeps what it had. */
export interface Settings {
  /**
   * The segment to use: an absolute path, or a name (1 to 64 of a-z, 0-9 and -) that is looked for in the
   * directories. It is never removed by this package. Takes precedence over `MPMETRICS_SEGMENT`.
   */
  segment?: string | undefined;
  /** Where metrics are kept: in shared memory, or in this process's own. */
  storage?: 'heap' | 'memory' | undefined;
  /** Absolute path of the directory to keep segments in. Takes precedence over `MPMETRICS_DIR`. */
  dir?: string | undefined;
  /** Permission bits of the segment: 0o600 and maybe bits of 0o066. */
  mode?: number | undefined;
  /** Group that owns the segment, for applications whose processes run as several users. */
  gid?: number | undefined;
  /** How large the segment may become, in bytes. */
  maxBytes?: number | undefined;
  /** How long a scrape waits for the `collect` callbacks of other processes, in milliseconds. */
  collectTimeout?: number | undefined;
  /** Throw where the segment cannot be used, instead of going on in memory with a warning. */
  required?: boolean | undefined;
}

/** The settings in force. Written by {@link Settings | configure} only. */
export const settings: Settings = {};

/** The rule for the name of a segment. */
export const SEGMENT_NAME = /^[a-z0-9-]{1,64}$/;

/** The settings that decide which segment is used, or how it is made. */
export const DECISIVE = ['segment', 'storage', 'dir', 'mode', 'gid', 'maxBytes'] as const;
