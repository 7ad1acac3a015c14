/**
 * Families that the heap does not hold, as data: native code prints them after the heap's, and TypeScript where there
 * is no heap (`output.ts`).
 */

import { asText, escapeLabelValue, wellFormed } from '../labels';
import type { ExtraFamily, Sample, SampleExemplar } from '../native';
import type { TextFormat } from './content-type';
import { withDefaults, type ExemplarRow, type Row, type RowLabels } from './rows';

/** What can be printed: rows of ours, or what a duck-typed metric's `get()` yields. */
export interface Printable {
  name: string;
  help: string;
  type: string;
  values?: readonly Row[];
}

/**
 * A metric as data.
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
  return { name, help, type, samples };
}

/** Names of metrics. Optional: an object with a `get()` will do, whatever it yields. */
export function namesOf(metrics: readonly (Partial<Printable> | null | undefined)[]): string[] {
  return metrics.map((metric) => String(metric?.name));
}

/** A number as it is printed: what is none is an infinity, as with prom-client. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return (value as number) < 0 ? -Infinity : Infinity;
}

/**
 * A histogram's rows with bounds that ascend: one after a larger one is never counted to, and one of +Inf is the
 * implied one. Their exemplars go to the next bucket, which has those events, too.
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

/** The labels of a row, `sharedLabels` last. Duck-typed metrics leave both out. */
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

// prom-client escapes strings only, so that an array of one quoted word breaks its output.
function labelText(labels: readonly [string, unknown][]): string {
  const texts = labels.map(
    ([name, value]) => `${escapeLabelValue(name)}="${escapeLabelValue(wellFormed(asText(value)))}"`,
  );
  return texts.join(',');
}
