/**
 * Families that the heap does not hold, as data. Native code prints them after the families of the heap. If an output
 * has no family of the heap, TypeScript prints them (`output.ts`).
 */

import { asText, escapeLabelValue, wellFormed } from '../labels';
import type { ExtraFamily, Sample, SampleExemplar } from '../native';
import type { TextFormat } from './content-type';
import { withDefaults, type ExemplarRow, type Row, type RowLabels } from './rows';

/** A metric that can be printed: rows of this package, or the result of a duck-typed metric's `get()`. */
export interface Printable {
  name: string;
  help: string;
  type: string;
  values?: readonly Row[];
  /** The unit, with which the name ends. */
  unit?: string | undefined;
}

/**
 * Returns a metric as data.
 *
 * @param defaults default labels of the registry that prints; null for none
 */
export function extraOf(
  metric: Printable,
  defaults: RowLabels | null,
  format: TextFormat,
): ExtraFamily {
  const open = format === 'openmetrics';
  const [name, help, type] = [asText(metric.name), asText(metric.help), asText(metric.type)];
  const rows = open && type === 'histogram' ? ascending(metric) : (metric.values ?? []);
  const samples = Array.from(rows, (row): Sample => {
    const { metricName, value, exemplar } = row;
    const sample = {
      name: asText(metricName ?? name),
      labels: labelsOf(row, defaults),
      value: numberOf(value),
    };
    return open && exemplar ? { ...sample, exemplar: exemplarOf(exemplar) } : sample;
  });
  return { name, help, type, samples, ...(metric.unit !== undefined && { unit: metric.unit }) };
}

/** Returns the names of metrics. The `get()` of a duck-typed metric may yield anything, even null. */
export function namesOf(metrics: readonly (Partial<Printable> | null | undefined)[]): string[] {
  return metrics.map((metric) => String(metric?.name));
}

/** Returns the number that is printed for a value: as in prom-client, an infinity if the value is not a number. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return (value as number) < 0 ? -Infinity : Infinity;
}

/**
 * Returns a histogram's rows with ascending bounds. Leaves out two kinds of buckets: those whose bound is not larger
 * than all earlier bounds, because they count no observation of their own; and those with a declared bound of infinity,
 * because the last bucket (`+Inf`) is the same. If the next bucket has no exemplar, it gets that of the bucket left
 * out, because it counts the same observation.
 */
function ascending({ name, values = [] }: Printable): Row[] {
  const rows: Row[] = [];
  let highest = -Infinity;
  let left: Row['exemplar'];
  for (const row of values) {
    const { le } = (row as Partial<Row>).labels ?? {};
    if (row.metricName !== `${name}_bucket` || le === undefined) {
      rows.push(row);
    } else if (le === '+Inf') {
      rows.push({ ...row, exemplar: row.exemplar ?? left });
      highest = -Infinity;
      left = undefined;
    } else {
      const bound = Number(le);
      if (bound > highest && bound < Infinity) {
        rows.push({ ...row, exemplar: row.exemplar ?? left });
        left = undefined;
      } else {
        left = row.exemplar ?? left;
      }
      if (bound > highest) highest = bound;
    }
  }
  return rows;
}

/** Returns the label text of a row, `sharedLabels` last. A row of a duck-typed metric may lack both properties. */
function labelsOf({ labels, sharedLabels = {} }: Partial<Row>, defaults: RowLabels | null): string {
  const own = Object.entries(withDefaults(labels ?? {}, defaults)).filter(
    ([name]) => !Object.hasOwn(sharedLabels, name),
  );
  return labelText([...own, ...Object.entries(sharedLabels)]);
}

function exemplarOf(exemplar: ExemplarRow): SampleExemplar {
  const { labelSet, value, timestamp } = exemplar as Partial<Record<keyof ExemplarRow, unknown>>;
  const labels = labelText(Object.entries((labelSet ?? {}) as RowLabels));
  const shown = { labels, value: numberOf(value) };
  return timestamp === undefined ? shown : { ...shown, time: Number(timestamp) };
}

// Escapes all values. prom-client escapes strings only: an array with a quote in one of its texts breaks the output.
function labelText(labels: readonly [string, unknown][]): string {
  const texts = labels.map(
    ([name, value]) => `${escapeLabelValue(name)}="${escapeLabelValue(wellFormed(asText(value)))}"`,
  );
  return texts.join(',');
}
