/**
 * Text format 0.0.4 as prom-client prints it, of memory storage, of duck-typed metrics and of what
 * `aggregate()` made. Metrics in the heap are printed by native code, in the same bytes.
 */

import { asText, escapeHelp, escapeLabelValue, wellFormed } from '../labels';
import { withDefaults, type Row, type RowLabels } from './rows';

/** What can be printed: rows of ours, or what a duck-typed metric's `get()` yields. */
export interface Printable {
  name: string;
  help: string;
  type: string;
  values?: readonly Row[];
}

/**
 * One metric, without a line break at the end.
 *
 * @param defaults default labels of the registry that prints; null for none
 */
export function metricText(metric: Printable, defaults: RowLabels | null): string {
  const name = escapeHelp(metric.name);
  const type = escapeHelp(asText(metric.type));
  const lines = [`# HELP ${name} ${escapeHelp(metric.help)}`, `# TYPE ${name} ${type}`];
  for (const row of metric.values ?? []) {
    lines.push(rowText(row.metricName ?? metric.name, row, defaults));
  }
  return lines.join('\n');
}

/** A registry's output: metrics with a blank line between. */
export function joinMetrics(metrics: readonly string[]): string {
  return `${metrics.join('\n\n')}\n`;
}

/** A number as prom-client prints it. */
export function numberText(value: unknown): string {
  if (Number.isNaN(value)) return 'Nan';
  if (Number.isFinite(value)) return `${value as number}`;
  return (value as number) < 0 ? '-Inf' : '+Inf';
}

/** A row's name, labels and value. */
export function rowText(sample: string, row: Row, defaults: RowLabels | null): string {
  // Duck-typed metrics leave labels out.
  const { labels, sharedLabels = {} }: Partial<Row> = row;
  const own = Object.entries(withDefaults(labels ?? {}, defaults)).filter(
    ([name]) => !Object.hasOwn(sharedLabels, name),
  );
  const all = [...own, ...Object.entries(sharedLabels)];
  return `${escapeHelp(asText(sample))}${all.length === 0 ? '' : braces(all)} ${numberText(row.value)}`;
}

/** Labels in braces. */
export function braces(labels: readonly [string, unknown][]): string {
  return `{${labels.map(([name, value]) => pair(name, value)).join(',')}}`;
}

// prom-client escapes strings only, so that an array of one quoted word breaks its output.
function pair(name: string, value: unknown): string {
  return `${escapeLabelValue(name)}="${escapeLabelValue(wellFormed(`${value as number}`))}"`;
}
