/** Metrics of a reading as rows: of the whole application, or of each process by itself. */

import { fillDefaults, type MetricRows } from '../exposition';
import type { SegmentReading, SegmentWriter } from '../native';
import { Snapshot } from '../snapshot';

/** Whether a metric is shown, by its name. */
export type Choice = (name: string) => boolean;

/** Returns the chosen metrics of the whole application. */
export function chosen(bytes: Uint8Array, choice: Choice): Snapshot {
  return Snapshot.of(Snapshot.from(bytes).families.filter(({ name }) => choice(name)));
}

/**
 * Returns the chosen metrics of each process. Every row has the label `pid`, and in a worker of a cluster the label
 * `worker`, unless the metric itself has a label of that name.
 */
export async function byProcess(reading: SegmentReading, choice: Choice): Promise<MetricRows[]> {
  const joined = new Map<string, MetricRows>();
  for (const { process, snapshot } of reading.processes) {
    const labels = labelsOf(reading.facts.writers.filter((writer) => writer.process === process));
    for (const metric of await chosen(snapshot, choice).json()) {
      const values = metric.values.map((row) => ({
        ...row,
        labels: fillDefaults(row.labels, labels),
      }));
      const known = joined.get(metric.name);
      if (known === undefined) joined.set(metric.name, { ...metric, values });
      else known.values.push(...values);
    }
  }
  return [...joined.values()];
}

function labelsOf(threads: readonly SegmentWriter[]): Record<string, number> {
  const [{ pid, worker }] = threads as [SegmentWriter];
  return worker === 0 ? { pid } : { pid, worker };
}

/** Returns rows as JSON. A number that JSON does not have becomes a text, and so does a bigint. */
export function jsonText(metrics: readonly MetricRows[]): string {
  const plain = (_: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return String(value);
    return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
  };
  return JSON.stringify(metrics, plain, 2);
}
