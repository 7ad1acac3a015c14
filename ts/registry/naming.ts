/** The prefix of a registry, which it prints before the names of metrics, and the units of its metrics. */

import { unfit } from '../errors';
import type { MetricRows, RowLabels } from '../exposition';
import { Metric, readsItself, ROSTER } from '../metrics';
import type { FamilyUnit } from '../native';
import type { Registered } from './registered';

/**
 * Checks a prefix.
 *
 * @throws TypeError if it has a colon, or if no name of a metric may begin with it
 */
export function prefixOf(given: unknown): string {
  if (typeof given === 'string' && /^(?:[a-zA-Z_][a-zA-Z0-9_]*)?$/.test(given)) return given;
  throw unfit('prefix', 'the beginning of a name of a metric, without colons', given);
}

/** Returns a metric's rows with the prefix before the names of the metric and of its samples. */
export function withPrefix(rows: MetricRows, prefix: string): MetricRows {
  if (prefix === '') return rows;
  // `values` may be missing, because any object with a `get()` is accepted, whatever `get()` returns.
  const values = (rows.values as MetricRows['values'] | undefined)?.map((row) =>
    row.metricName === undefined ? row : { ...row, metricName: prefix + row.metricName },
  );
  return { ...rows, name: prefix + rows.name, ...(values && { values }) };
}

/**
 * Returns a metric's rows with the prefix before the name of the label that has the state: this label has the metric's
 * name. Leaves out series that have another label of the prefixed name. The rows must not have default labels yet.
 */
export function withStateLabel(rows: MetricRows, metric: Registered, prefix: string): MetricRows {
  const states = metric instanceof Metric && !readsItself(metric) && metric[ROSTER].shape.states;
  if (prefix === '' || states === false || states.length === 0) return rows;
  const shown = prefix + rows.name;
  const values = rows.values
    .filter(({ labels }) => !Object.hasOwn(labels, shown))
    .map((row) => {
      const labels = Object.entries(row.labels);
      const renamed = labels.map(([name, value]) => [name === rows.name ? shown : name, value]);
      return { ...row, labels: Object.fromEntries(renamed) as RowLabels };
    });
  return { ...rows, values };
}

/** Returns the units of metrics that have one. */
export function unitsOf(metrics: Iterable<Registered>): FamilyUnit[] {
  const units: FamilyUnit[] = [];
  for (const metric of metrics) {
    const unit = unitOf(metric);
    if (unit !== undefined) units.push({ name: String(metric.name), unit });
  }
  return units;
}

/** Returns the unit of a metric; undefined if it has none. */
export function unitOf(metric: Registered): string | undefined {
  const { unit } = metric as { unit?: unknown };
  return metric instanceof Metric && typeof unit === 'string' && unit !== '' ? unit : undefined;
}
