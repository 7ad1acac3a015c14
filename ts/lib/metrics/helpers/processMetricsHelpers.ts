/** `prom-client/lib/metrics/helpers/processMetricsHelpers`. */

import type { LabelValues } from '../../../metrics';

/** Counts objects by the names of their classes. */
export function aggregateByObjectName(list: readonly unknown[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const one of list) {
    const name = (one as { constructor?: { name: string } } | null | undefined)?.constructor?.name;
    if (name !== undefined) counts[name] = (Object.hasOwn(counts, name) ? counts[name]! : 0) + 1;
  }
  return counts;
}

/** Replaces all series of a gauge: one for each key, as label `type`. */
export function updateMetrics(
  gauge: { reset(): void; set(labels: LabelValues<string>, value: number): void },
  data: Readonly<Record<string, number>>,
  labels?: object,
): void {
  gauge.reset();
  for (const [type, value] of Object.entries(data)) gauge.set({ type, ...labels }, value);
}
