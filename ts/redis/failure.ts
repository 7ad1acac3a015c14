/** Errors of Redis and its clients, each with the reason by which it is counted. */

import { codeOf, messageOf, MpmetricsError } from '../errors';

/** Why Redis could not be used: the label `reason` of `mpmetrics_engine_errors_total{engine="redis"}`. */
export type Reason =
  /** There is no connection. */
  | 'unreachable'
  /** Redis has not answered in time. */
  | 'timeout'
  /** `maxmemory` is reached, and the policy is `noeviction`. */
  | 'full'
  /** The node is a replica, or must not write for want of replicas or of a disk. */
  | 'readonly'
  /** The password is wrong or missing, or the user may not use a command or the key. */
  | 'noauth'
  /** The cluster has lost nodes. */
  | 'clusterdown'
  /** The key is on another node: the client is none of a cluster, or the slot is about to move. */
  | 'moved'
  /** Redis loads its data, or runs the script of another program. */
  | 'busy'
  /** Too many steps in a row met the steps of other hosts. The next push goes on. */
  | 'contended'
  /** Something else, which the message tells. */
  | 'other';

/** The words by which the reasons of errors are known: those of Redis, and those of valkey-glide in their place. */
const SIGNS: readonly (readonly [Reason, RegExp])[] = [
  ['full', /\bOOM\b/],
  ['readonly', /\b(READONLY|ReadOnly|NOREPLICAS|MISCONF)\b/],
  ['noauth', /\b(NOAUTH|WRONGPASS|NOPERM|PermissionDenied|ERR AUTH)\b/],
  ['clusterdown', /\b(CLUSTERDOWN|ClusterDown|MASTERDOWN|MasterDown)\b/],
  ['moved', /\b(MOVED|Moved|ASK|TRYAGAIN|TryAgain|CROSSSLOT|CrossSlot)\b/],
  ['busy', /\b(LOADING|BUSY|BusyLoading\w*)\b/],
  ['timeout', /timed? ?out|\bETIMEDOUT\b/i],
  [
    'unreachable',
    /\b(ECONN\w+|EPIPE|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOENT)\b|clos(ed|ing)|offline|disconnect|not connected|isn't writeable|no node|connect(ion)?\b|max retries|reconnect/i,
  ],
];

/** An error of Redis, or of the way to it. Its code is `ERR_MPMETRICS_IO`. */
export class RedisError extends MpmetricsError {
  readonly reason: Reason;

  constructor(reason: Reason, message: string, cause?: unknown) {
    super('ERR_MPMETRICS_IO', message, cause);
    this.name = 'RedisError';
    this.reason = reason;
  }
}

/** Returns a client's error as ours. */
export function failureOf(error: unknown): RedisError {
  if (error instanceof RedisError) return error;
  const name = error instanceof Error ? error.name : '';
  const text = `${codeOf(error)} ${name} ${messageOf(error)}`;
  const reason = SIGNS.find(([, sign]) => sign.test(text))?.[0] ?? 'other';
  const told = messageOf(error) || codeOf(error) || name;
  return new RedisError(reason, `Redis cannot be used (${reason}): ${told}`, error);
}

/** Whether an error says that Redis does not know a script. */
export function isUnknownScript(error: unknown): boolean {
  return /NoScript/i.test(`${codeOf(error)} ${messageOf(error)}`);
}
