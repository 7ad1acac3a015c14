/**
 * Errors that are thrown, and warnings of which each is emitted once, as closed sets of codes.
 */

import { inspect } from 'util';

/** The codes of errors (`error.code`): those of the core's `error.rs`. */
export type ErrorCode =
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
  /** Scrapes of other processes do not run this one's `collect` callbacks, because it cannot start another thread. */
  | 'MPMETRICS_COLLECT'
  /** The shared memory is full: new series are refused. */
  | 'MPMETRICS_FULL'
  /** A limit on the number of series is reached: new series are refused. */
  | 'MPMETRICS_LIMIT'
  /** Something in the shared memory is damaged: scrapes leave it out. */
  | 'MPMETRICS_CORRUPT'
  /** The segment's file was removed by a stranger: metrics go on in another. */
  | 'MPMETRICS_REMOVED'
  /** The segment is on a disk. */
  | 'MPMETRICS_DISK'
  /** Another user's process cannot reach the segment. */
  | 'MPMETRICS_ACCESS'
  /** `mpmetrics/register` did not replace a prom-client with the old API. */
  | 'MPMETRICS_REGISTER'
  /** A setting came too late or was ignored. */
  | 'MPMETRICS_CONFIG';

/** An error with a code, with which programs can compare. */
export class MpmetricsError extends Error {
  readonly code: ErrorCode;

  /**
   * @param code the rule that was broken
   * @param message names the value and the rule
   * @param cause the error that caused it, if any
   */
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MpmetricsError';
    this.code = code;
  }
}

const WARNED = Symbol.for('mpmetrics.warned.15');

/** The warnings of all copies of this package in the program; a test runner's fresh copies have their own. */
const warned = isUnderTest() ? new Set<string>() : warnedByAll();

function warnedByAll(): Set<string> {
  const all = globalThis as { [WARNED]?: Set<string> };
  return (all[WARNED] ??= new Set());
}

function isUnderTest(): boolean {
  return process.env['JEST_WORKER_ID'] !== undefined || process.env['VITEST'] !== undefined;
}

/**
 * Emits a process warning the first time that its code is used in this isolate.
 *
 * A full segment must not fill the log of a server that runs for months.
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
 * The error for an invalid option.
 *
 * @param option its name, as the user writes it
 * @param rule what it must be
 * @param value its value
 */
export function unfit(option: string, rule: string, value: unknown): TypeError {
  return new TypeError(`${option} must be ${rule}, and is ${shown(value)}`);
}

/** A value on one line, shortened: it may be a whole registry. */
export function shown(value: unknown): string {
  return inspect(value, {
    depth: 0,
    breakLength: Infinity,
    maxArrayLength: 5,
    maxStringLength: 100,
  });
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The code of an error that has one; empty for anything else that was thrown. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
