/** `prom-client/lib/validation`. */

import { invalidLabelNames } from '../labels';

export { validateLabels as validateLabel, validateMetricName } from '../labels';

/** Tells whether all of these may be label names. */
export function validateLabelName(names: readonly string[] = []): boolean {
  return invalidLabelNames(names).length === 0;
}
