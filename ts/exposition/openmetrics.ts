/**
 * OpenMetrics 1.0 text of memory storage, of duck-typed metrics and of what `aggregate()` made. Metrics in the
 * heap are printed by native code, in the same bytes (`exposition/openmetrics.rs`, which says what differs from
 * prom-client).
 */

import { escapeHelp } from '../labels';
import type { ExemplarRow, Row, RowLabels } from './rows';
import { braces, numberText, rowText, type Printable } from './text';

/** The end of an output. */
export const END = '# EOF\n';

/** The names that a type reserves beside the plain one, by their suffixes. */
const RESERVED: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  histogram: ['_bucket', '_sum', '_count', '_created'],
  summary: ['_sum', '_count', '_created'],
};

/** How a family is shown. */
interface Shown {
  name: string;
  type: string;
  /** What the names of a counter's samples have behind the family's. */
  suffix: string;
}

/**
 * Metrics as text, each without a line break at the end; those whose samples would be another's are left out.
 *
 * @param defaults default labels of the registry that prints; null for none
 * @param before what is printed before them, whose names are taken
 */
export function openMetricsTexts(
  metrics: readonly Printable[],
  defaults: RowLabels | null,
  before = '',
): string[] {
  return shown(metrics, before).flatMap((how, i) =>
    how === null ? [] : [metricText(metrics[i]!, how, defaults)],
  );
}

/** Counters go last: a name that is taken can be told apart by their suffix. */
function shown(metrics: readonly Printable[], before: string): (Shown | null)[] {
  const taken = new Set<string>();
  const take = (name: string, type: string): boolean => {
    const names = ['', ...(RESERVED[type] ?? [])].map((suffix) => name + suffix);
    if (names.some((one) => taken.has(one))) return false;
    for (const one of names) taken.add(one);
    return true;
  };
  for (const [, name, type] of before.matchAll(/^# TYPE (\S+) (\S+)$/gm)) take(name!, type!);
  const others = metrics.map(({ name, type }): Shown | null =>
    type !== 'counter' && take(name, type) ? { name, type, suffix: '' } : null,
  );
  return metrics.map(({ name, type }, i): Shown | null => {
    if (type !== 'counter') return others[i]!;
    const base = name.replace(/_total$/, '');
    if (take(base, type)) return { name: base, type, suffix: '_total' };
    return take(name, 'unknown') ? { name, type: 'unknown', suffix: '' } : null;
  });
}

function metricText(metric: Printable, how: Shown, defaults: RowLabels | null): string {
  const { name, type, suffix } = how;
  const help = escapeHelp(metric.help).replaceAll('"', '\\"');
  const shownAs = escapeHelp(name);
  const lines = [`# HELP ${shownAs} ${help}`, `# TYPE ${shownAs} ${escapeHelp(type)}`];
  const rows = type === 'histogram' ? ascending(metric) : (metric.values ?? []);
  for (const row of rows) {
    const { metricName = metric.name } = row;
    const sample =
      type === 'counter' ? `${metricName.replace(/_total$/, '')}${suffix}` : metricName;
    const exemplar = type === 'unknown' ? '' : exemplarText(row, sample);
    lines.push(rowText(sample, row, defaults) + exemplar);
  }
  return lines.join('\n');
}

/**
 * A histogram's rows with bounds that ascend: one behind a larger one is never counted to, and one of +Inf is the
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

/** ` # {labels} value timestamp` where a sample may have it. */
function exemplarText({ exemplar }: Row, sample: string): string {
  if (!exemplar || !/_(?:total|bucket)$/.test(sample)) return '';
  const { labelSet, value, timestamp } = exemplar as Partial<Record<keyof ExemplarRow, unknown>>;
  const time = timestamp === undefined ? '' : ` ${numberText(Number(timestamp))}`;
  // Prometheus takes U+0000 in a label's value, and refuses the whole scrape for it in an exemplar's.
  const labels = braces(Object.entries((labelSet ?? {}) as RowLabels)).replaceAll('\0', '\uFFFD');
  return ` # ${labels} ${numberText(value)}${time}`;
}
