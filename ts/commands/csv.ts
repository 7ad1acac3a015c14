/** Metrics as comma-separated values: RFC 4180, a line for each row, and a first line with the names of the columns. */

import { extraOf, type MetricRows } from '../exposition';

const COLUMNS = ['name', 'type', 'labels', 'value'];

/** Returns metrics as lines. Labels are one column, written as in the text format. */
export function csvText(metrics: readonly MetricRows[]): string {
  const rows = metrics.flatMap((metric) => {
    const { type, samples } = extraOf(metric, null, 'text');
    return samples.map(({ name, labels, value }) => [name, type, labels, String(value)]);
  });
  return [COLUMNS, ...rows].map((row) => row.map(field).join(',')).join('\r\n');
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
