/** The reasons by which failed pushes are counted. */

import { codeOf } from '../errors';

/** A reason is a label's value, so messages, which differ from error to error, are no reasons. */
const WORD = /^[\w.-]{1,40}$/;

/**
 * Returns why a push failed: the error's `reason`, or else its `code`, or else the code of the error that caused it
 * (`fetch()` rejects so); `error` if there is none of these.
 */
export function reasonOf(error: unknown): string {
  const { reason, cause } = (error ?? {}) as { reason?: unknown; cause?: unknown };
  for (const word of [reason, codeOf(error), codeOf(cause)]) {
    if (typeof word === 'string' && WORD.test(word)) return word;
  }
  return 'error';
}
