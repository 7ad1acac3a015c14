/**
 * What can go wrong, as closed sets of codes: errors that are thrown, and warnings of which each is
 * emitted once.
 */

import { inspect } from 'util';

/** The codes of errors that carry one: those of the core's `error.rs`, as `error.code`. */
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
  /** Scrapes of other processes do not run this one's `collect` callbacks: it can have no further thread. */
  | 'MPMETRICS_COLLECT'
  /** The shared memory is full: new series are refused. */
  | 'MPMETRICS_FULL'
  /** A limit on the number of series is reached: new series are refused. */
  | 'MPMETRICS_LIMIT'
  /** Something in the shared memory is damaged: scrapes leave it out. */
  | 'MPMETRICS_CORRUPT'
  /** The segment's file was removed by a stranger: figures go on in another. */
  | 'MPMETRICS_REMOVED'
  /** The segment lies on a disk. */
  | 'MPMETRICS_DISK'
  /** Another user's process cannot reach the segment. */
  | 'MPMETRICS_ACCESS'
  /** `mpmetrics/register` left a prom-client alone whose API is another. */
  | 'MPMETRICS_REGISTER'
  /** A setting came too late or was ignored. */
  | 'MPMETRICS_CONFIG';

/** An error with a code that programs can match on. */
export class MpmetricsError extends Error {
  readonly code: ErrorCode;

  /**
   * @param code what rule was broken
   * @param message names the value and the rule
   * @param cause what made it happen, if anything
   */
  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'MpmetricsError';
    this.code = code;
  }
}

const WARNED = Symbol.for('mpmetrics.warned.15');

/** What was warned about, by all copies of this package in the program; a test runner's fresh ones start anew. */
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
 * A server that runs for months must not have its log filled by one full segment.
 *
 * @param reason tells apart what is warned about under one code
 */
export function warnOnce(code: WarningCode, message: string, reason = ''): void {
  const key = `${code} ${reason}`;
  if (warned.has(key)) return;
  warned.add(key);
  process.emitWarning(message, { type: 'MpmetricsWarning', code });
}

/**
 * The error for an option that is not as it must be.
 *
 * @param option its name, as the user writes it
 * @param rule what it must be
 * @param value what it is
 */
export function unfit(option: string, rule: string, value: unknown): TypeError {
  return new TypeError(`${option} must be ${rule}, and is ${shown(value)}`);
}

/** A value on one line, and not all of it: it may be a whole registry. */
export function shown(value: unknown): string {
  return inspect(value, {
    depth: 0,
    breakLength: Infinity,
    maxArrayLength: 5,
    maxStringLength: 100,
  });
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** The code of an error that carries one; empty for anything else that was thrown. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
