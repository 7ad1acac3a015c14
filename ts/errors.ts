/** Errors and warnings, each with a code of a closed set. */

import { inspect } from 'util';

/** The codes of errors (`error.code`): those of the core's `error.rs`, and one more. */
export type ErrorCode =
  /** The metrics of all hosts cannot be read now. A later scrape may succeed. */
  | 'ERR_MPMETRICS_UNAVAILABLE'
  | 'ERR_MPMETRICS_CORRUPT'
  | 'ERR_MPMETRICS_VERSION'
  | 'ERR_MPMETRICS_BUSY'
  | 'ERR_MPMETRICS_FULL'
  | 'ERR_MPMETRICS_LIMIT'
  | 'ERR_MPMETRICS_LOST'
  | 'ERR_MPMETRICS_RETIRED'
  | 'ERR_MPMETRICS_IO'
  | 'ERR_MPMETRICS_UNSAFE'
  | 'ERR_MPMETRICS_INVALID'
  | 'ERR_MPMETRICS_UNSUPPORTED';

/** The codes of warnings (`process.on('warning')`, `--disable-warning=CODE`). */
export type WarningCode =
  /** Metrics are kept in this process's own memory: other processes do not see them. */
  | 'MPMETRICS_MEMORY'
  /** This process cannot start another thread, so scrapes of other processes do not run its `collect` callbacks. */
  | 'MPMETRICS_COLLECT'
  /** The shared memory is full: new series are refused. */
  | 'MPMETRICS_FULL'
  /** A limit on series, label values, label text or default labels is reached: what exceeds it is refused. */
  | 'MPMETRICS_LIMIT'
  /** Something in the shared memory is damaged: scrapes leave it out. */
  | 'MPMETRICS_CORRUPT'
  /** Another program removed the segment's file: metrics go on in a copy of it, if one can be made. */
  | 'MPMETRICS_REMOVED'
  /** The segment is on a disk. */
  | 'MPMETRICS_DISK'
  /** A process runs as another user, or a directory's owner or mode was changed: not all processes share metrics. */
  | 'MPMETRICS_ACCESS'
  /** `mpmetrics/register` did not replace a prom-client with the old API. */
  | 'MPMETRICS_REGISTER'
  /** An engine could not push the metrics, or could not be closed. */
  | 'MPMETRICS_ENGINE'
  /** A backend of the user's own failed, or cannot be used. */
  | 'MPMETRICS_BACKEND'
  /** Metrics could not be written to a file. */
  | 'MPMETRICS_TEXTFILE'
  /** Requests are not counted, or their routes are not known, or a function of the options of httpMetrics() failed. */
  | 'MPMETRICS_HTTP'
  /**
   * A setting has no effect, because it is invalid, does not fit the metric or came too late. Or a failed call is not
   * counted, because counting it threw an error. Or a gauge counts the calls in progress, and will never stop counting
   * those of a killed process.
   */
  | 'MPMETRICS_CONFIG';

/** An error with a code that programs can check. */
export class MpmetricsError extends Error {
  readonly code: ErrorCode;

  /**
   * @param code the kind of the error
   * @param message what is wrong; if the caller broke a rule, with the rule and the value
   * @param cause the error that caused this one, if any
   */
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MpmetricsError';
    this.code = code;
  }
}

/** The metrics of all hosts cannot be read now, or not all of them. Over HTTP, a scrape gets status 503. */
export class Unavailable extends MpmetricsError {
  /** Seconds after which it is worth trying again. */
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds: number, cause?: unknown) {
    super('ERR_MPMETRICS_UNAVAILABLE', message, cause);
    this.retryAfterSeconds = Math.max(1, retryAfterSeconds);
  }
}

const WARNED = Symbol.for('mpmetrics.warned.15');

/**
 * Keys of the warnings that were emitted. All copies of this package in an isolate share the set. Under Jest and
 * Vitest, which load a copy for each test file, each copy has its own set.
 */
const warned = isUnderTest() ? new Set<string>() : warnedByAll();

function warnedByAll(): Set<string> {
  const all = globalThis as { [WARNED]?: Set<string> };
  return (all[WARNED] ??= new Set());
}

function isUnderTest(): boolean {
  return process.env['JEST_WORKER_ID'] !== undefined || process.env['VITEST'] !== undefined;
}

/**
 * Emits a process warning, once in an isolate for each code and reason, so that a full segment does not fill the log of
 * a server that runs for months.
 *
 * @param reason distinguishes warnings with the same code
 */
export function warnOnce(code: WarningCode, message: string, reason = ''): void {
  const key = `${code} ${reason}`;
  if (warned.has(key)) return;
  warned.add(key);
  process.emitWarning(message, { type: 'MpmetricsWarning', code });
}

/**
 * Returns the error for an invalid option.
 *
 * @param option its name, as the user writes it
 * @param rule what the value must be
 * @param value the invalid value
 */
export function unfit(option: string, rule: string, value: unknown): TypeError {
  return new TypeError(`${option} must be ${rule}, and is ${shown(value)}`);
}

/** Returns a value as text, shortened, because the value may be a whole registry. An error is shown without its stack. */
export function shown(value: unknown): string {
  if (value instanceof Error) return `[${value.name}: ${value.message}]`;
  return inspect(value, {
    depth: 0,
    breakLength: Infinity,
    maxArrayLength: 5,
    maxStringLength: 100,
  });
}

/** Returns the message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Returns the code of an error that has one; an empty text for anything else that was thrown. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
