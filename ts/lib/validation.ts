/** `prom-client/lib/validation`. */

import { invalidLabelNames } from '../labels';

export { validateLabels as validateLabel, validateMetricName } from '../labels';

/** Returns whether all names are valid label names. */
export function validateLabelName(names: readonly string[] = []): boolean {
  return invalidLabelNames(names).length === 0;
}
