/** What the user configured, for this isolate. */

import type { HeapLimits } from '../native';

/** Settings of the package. Those that are not given are not changed. */
export interface Settings {
  /**
   * The segment to use: an absolute path, or a name (1 to 64 of a-z, 0-9 and -) that is looked for in the
   * directories. It is never removed by this package. Takes precedence over `MPMETRICS_SEGMENT`.
   */
  segment?: string | undefined;
  /** Where metrics are kept: in shared memory, or in this process's own. Takes precedence over `MPMETRICS_STORAGE`. */
  storage?: 'heap' | 'memory' | undefined;
  /** Absolute path of the directory to keep segments in. Takes precedence over `MPMETRICS_DIR`. */
  dir?: string | undefined;
  /** Permission bits of the segment: 0o600 and maybe bits of 0o066. */
  mode?: number | undefined;
  /** Group that owns the segment, for applications whose processes run as several users. */
  gid?: number | undefined;
  /** How large the segment may become, in bytes; 1 GiB. Like the next four, it applies when the segment is made. */
  maxBytes?: number | undefined;
  /** How many series all metrics may have together, in the segment or in memory storage; 1,000,000. */
  maxSeries?: number | undefined;
  /** How many series one metric may have; 250,000. */
  maxSeriesPerMetric?: number | undefined;
  /** How long a label's value may be, in bytes of UTF-8; 8,192. */
  maxLabelValueBytes?: number | undefined;
  /** How much of the segment labels' text may take up, in bytes; 256 MiB. */
  maxTextBytes?: number | undefined;
  /**
   * The aggregators of gauges whose program names none, by name; `*` stands for any letters, and the first that fits is
   * used. Takes precedence over `MPMETRICS_AGGREGATORS`.
   */
  aggregators?: Readonly<Record<string, string>> | undefined;
  /** How long a scrape waits for the `collect` callbacks of other processes, in milliseconds. */
  collectTimeout?: number | undefined;
  /** Throw if the segment cannot be used, instead of going on in memory with a warning. */
  required?: boolean | undefined;
}

/** The settings in force. Written by {@link Settings | configure} only. */
export const settings: Settings = {};

/** The rule for the name of a segment. */
export const SEGMENT_NAME = /^[a-z0-9-]{1,64}$/;

/** The rule for the name of gauges, in which `*` stands for any letters. */
export const GAUGE_PATTERN = /^[a-zA-Z0-9_:*]+$/;

/** What a gauge's `aggregator` may be: prom-client's six, and three more. */
export const AGGREGATORS = [
  'sum',
  'first',
  'omit',
  'average',
  'min',
  'max',
  'all',
  'mostrecent',
  'shared',
] as const;

/** Settings that are limits of a segment, by their names there. */
export const LIMITS = {
  bytes: 'maxBytes',
  series: 'maxSeries',
  familySeries: 'maxSeriesPerMetric',
  labelBytes: 'maxLabelValueBytes',
  textBytes: 'maxTextBytes',
} as const satisfies Record<keyof HeapLimits, keyof Settings>;

/** The settings that decide which segment is used, and whose it is. */
const WHICH = ['segment', 'storage', 'dir', 'mode', 'gid'] as const;

/** The settings that decide which segment is used, or how it is made. */
export const DECISIVE: readonly (keyof Settings)[] = [...WHICH, ...Object.values(LIMITS)];

/** The limits among the settings; undefined if none is given. */
export function limitsOf(given: Settings): HeapLimits | undefined {
  const limits: HeapLimits = {};
  for (const [name, setting] of Object.entries(LIMITS) as [keyof HeapLimits, keyof Settings][]) {
    const value = given[setting];
    if (typeof value === 'number') limits[name] = value;
  }
  return Object.keys(limits).length === 0 ? undefined : limits;
}
