/** Failures of backends: they are counted, and the first of each kind is warned about. */

import { messageOf, warnOnce } from '../errors';

/** What a backend was asked to do. */
export const OPERATIONS = ['open', 'update', 'remove', 'read', 'flush', 'close'] as const;

export type Operation = (typeof OPERATIONS)[number];

/** How often each operation failed in this isolate. */
export const backendFailures: Record<Operation, number> = {
  open: 0,
  update: 0,
  remove: 0,
  read: 0,
  flush: 0,
  close: 0,
};

const EFFECTS: Readonly<Record<Operation, string>> = {
  open: 'updates of the series are dropped until a later one succeeds',
  update: 'the update is dropped',
  remove: 'the series may still be in the store',
  read: 'the scrape is rejected',
  flush: 'the changes are kept, and written later',
  close: 'the last changes may not be in the store',
};

/**
 * Counts a failure, and warns if it is the first of this operation.
 *
 * @param about the series or the backend
 * @param effect what follows from the failure, if not what usually does
 */
export function failed(
  operation: Operation,
  about: string,
  error: unknown,
  effect = EFFECTS[operation],
): void {
  backendFailures[operation]++;
  warnOnce(
    'MPMETRICS_BACKEND',
    `the backend's ${operation} failed for ${about}, and ${effect}: ${messageOf(error)}. ` +
      'Further failures are only counted, in mpmetrics_backend_errors_total',
    operation,
  );
}

/** Counts the failure of a call that should return nothing, and returned a promise that may reject. */
export function watch(operation: Operation, about: string, result: unknown): void {
  if (!(result instanceof Promise)) return;
  result.catch((error: unknown) => {
    failed(operation, about, error);
  });
}
