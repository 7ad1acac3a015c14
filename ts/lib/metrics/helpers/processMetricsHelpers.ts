/** `prom-client/lib/metrics/helpers/processMetricsHelpers`. */

import { className, countTypes, showTypes } from '../../../default-metrics';

/** Counts objects by the names of their classes. */
export function aggregateByObjectName(list: readonly unknown[]): Record<string, number> {
  return Object.fromEntries(countTypes(list, className));
}

/** Replaces all series of a gauge by one for each key of `data`, which is the label `type`. */
export function updateMetrics(
  gauge: Parameters<typeof showTypes>[0],
  data: Readonly<Record<string, number>>,
  labels?: object,
): void {
  showTypes(gauge, Object.entries(data), labels);
}
