/** The settings that the user configured in this isolate. */

import type { BackendClass, BackendEngine, CellBackend } from '../backends';
import type { HeapLimits } from '../native';

/**
 * Where metrics are kept: `heap` (shared memory), `memory` (this process's own), `redis` (shared memory, and
 * `mpmetrics/redis` shares it between machines), the path of a module or the name of a package that exports one of the
 * following, a backend of cells, an engine, or a class of either.
 */
export type Backend =
  | 'heap'
  | 'memory'
  | 'redis'
  | CellBackend
  | BackendEngine
  | BackendClass
  | (string & Record<never, never>);

/** Settings of the package. A call of `configure` changes only the settings that it is given. */
export interface Settings {
  /**
   * The segment to use: an absolute path, or a name (1 to 64 of a-z, 0-9 and -). A name is looked for in `dir` (or
   * `MPMETRICS_DIR`), /dev/shm, `XDG_RUNTIME_DIR` and the temporary directory, in this order. This package never
   * removes the segment. Takes precedence over `MPMETRICS_SEGMENT`.
   */
  segment?: string | undefined;
  /** Keeps metrics in shared memory, or in this process's own memory. Takes precedence over `MPMETRICS_STORAGE`. */
  storage?: 'heap' | 'memory' | undefined;
  /**
   * Keeps metrics in a backend; see {@link Backend}. The path of a module is relative to the working directory. `heap`
   * and `memory` mean the same as in `storage`. Takes precedence over `MPMETRICS_BACKEND`.
   */
  backend?: Backend | undefined;
  /**
   * What the backend's class and its `initialize` are given, or the options of `mpmetrics/redis`. Takes precedence over
   * `MPMETRICS_BACKEND_CONFIG`.
   */
  backendConfig?: Readonly<Record<string, unknown>> | undefined;
  /** Absolute path of the directory to keep segments in. Takes precedence over `MPMETRICS_DIR`. */
  dir?: string | undefined;
  /** Permission bits of the segment: 0o600, optionally with bits of 0o066. */
  mode?: number | undefined;
  /** Group that owns the segment, for applications whose processes run as several users. */
  gid?: number | undefined;
  /** Maximum size of the segment in bytes; default 1 GiB. Like the next four, it applies when the segment is made. */
  maxBytes?: number | undefined;
  /** Maximum number of series of all metrics together, in the segment or in memory storage; default 1,000,000. */
  maxSeries?: number | undefined;
  /** Maximum number of series of one metric; default 250,000. */
  maxSeriesPerMetric?: number | undefined;
  /** Maximum length of a label's value in bytes of UTF-8; default 8,192. */
  maxLabelValueBytes?: number | undefined;
  /** Maximum size of all label texts in the segment in bytes; default 256 MiB. */
  maxTextBytes?: number | undefined;
  /**
   * Aggregators for gauges whose configuration has none, by the gauges' names. In a name, `*` stands for any
   * characters; the first name that matches is used. Takes precedence over `MPMETRICS_AGGREGATORS`.
   */
  aggregators?: Readonly<Record<string, string>> | undefined;
  /**
   * The option `overflow` of metrics whose configuration does not have it: `drop` (default) or `other`. It says what
   * happens to updates of series that are refused. Applies to metrics that are made afterwards.
   */
  overflow?: 'drop' | 'other' | undefined;
  /** How long a scrape waits for the `collect` callbacks of other processes, in milliseconds. */
  collectTimeout?: number | undefined;
  /** Throw if the segment cannot be used, instead of going on in memory with a warning. */
  required?: boolean | undefined;
}

/** The current settings, which only `configure` changes. */
export const settings: Settings = {};

/** The rule for the name of a segment. */
export const SEGMENT_NAME = /^[a-z0-9-]{1,64}$/;

/** The rule for names of gauges in the setting `aggregators`, in which `*` stands for any characters. */
export const GAUGE_PATTERN = /^[a-zA-Z0-9_:*]+$/;

/**
 * The names of aggregators: prom-client's six for every type; for gauges only, three more and the five that the Python
 * client has for the living.
 */
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
  'livesum',
  'liveall',
  'livemin',
  'livemax',
  'livemostrecent',
] as const;

/** The settings that limit a segment, by the native module's names of these limits. */
export const LIMITS = {
  bytes: 'maxBytes',
  series: 'maxSeries',
  familySeries: 'maxSeriesPerMetric',
  labelBytes: 'maxLabelValueBytes',
  textBytes: 'maxTextBytes',
} as const satisfies Record<keyof HeapLimits, keyof Settings>;

/** The settings that decide which segment is used, and which users may open it. */
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
