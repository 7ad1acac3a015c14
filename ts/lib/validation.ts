/** `prom-client/lib/validation`. */

import { validateLabelNames } from '../labels';

export { validateLabels as validateLabel, validateMetricName } from '../labels';

/** Tells whether all of these may be label names. */
export function validateLabelName(names: readonly string[] = []): boolean {
  return validateLabelNames(names);
}
