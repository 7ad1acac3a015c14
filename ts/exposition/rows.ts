/** Families as rows, the objects with which prom-client's `get()` resolves. TypeScript makes its outputs from rows. */

import { reviveLabelValue } from '../labels';
import {
  plainType,
  type FamilyData,
  type LabelData,
  type MetricType,
  type SeriesData,
} from '../storage';
import type { TextFormat } from './content-type';

/** Labels of a row. */
export type RowLabels = Record<string, unknown>;

/** An exemplar of a line, as prom-client has it. */
export interface ExemplarRow {
  labelSet: RowLabels;
  value: number;
  /** Unix time in seconds. */
  timestamp: number;
}

/** One line of output. */
export interface Row {
  labels: RowLabels;
  value: number;
  metricName?: string;
  exemplar?: ExemplarRow | null | undefined;
  /** The labels of a histogram's series, which text prints after `labels` (that is, `le`) and the default labels. */
  sharedLabels?: RowLabels;
}

/** A metric with its values: what `get()` resolves with. */
export interface MetricRows {
  name: string;
  help: string;
  type: MetricType;
  values: Row[];
  aggregator: string;
}

/** A metric as text shows it. */
export interface TextRows {
  name: string;
  help: string;
  type: string;
  values: Row[];
}

/** Which default labels a series gets. */
export type DefaultsOf = (series: SeriesData) => RowLabels | null;

/** The series' own default labels: those of the processes that counted it. */
export const ownDefaults: DefaultsOf = ({ defaults }) =>
  defaults === null ? null : reviveLabels(defaults);

/**
 * A family's rows, with all labels of a row in one object.
 *
 * @param defaults default labels for a series; a label of the series wins over a default label of the same name
 * @param prefix of the registry that prints the rows. This function puts it before the name of the label with a state;
 *   it is put before all other names later
 */
export function jsonRows(
  family: FamilyData,
  defaults: DefaultsOf = () => null,
  prefix = '',
): MetricRows {
  const { name, help, aggregator } = family;
  const type = plainType(family.type);
  const values = family.series.flatMap((series) => {
    const rows = seriesRows(family, series, reviveLabels(series), prefix);
    const own = type === 'histogram' ? rows.map(splay) : rows;
    const more = defaults(series);
    // Default labels follow `le` and `quantile`, which are labels of the rows themselves.
    if (more === null) return own;
    return own.map((row) => ({ ...row, labels: fillDefaults(row.labels, more) }));
  });
  // The order of prom-client's keys, because programs compare serialised JSON.
  return type === 'counter' || type === 'gauge'
    ? { help, name, type, values, aggregator }
    : { name, help, type, values, aggregator };
}

/**
 * A family's rows for text: a histogram's own labels come last, after the default ones.
 *
 * @param prefix of the registry that prints the rows. This function puts it before the name of the label with a state;
 *   it is put before all other names later
 */
export function textRows(family: FamilyData, format: TextFormat, prefix: string): TextRows {
  const values = family.series.flatMap((series) =>
    seriesRows(family, series, reviveLabels(series), prefix),
  );
  return { name: family.name, help: family.help, type: textType(family, format), values };
}

/**
 * The type in a text. A state set that counts processes is a gauge in OpenMetrics, too, because a state of a state set
 * is either 0 or 1.
 */
export function textType(
  { type, aggregator }: Pick<FamilyData, 'type' | 'aggregator'>,
  format: TextFormat,
): string {
  const counts = type === 'stateset' && aggregator === 'count';
  return format === 'text' || counts ? plainType(type) : type;
}

/**
 * Labels for JSON: a default label is used for a name whose value is missing, null or undefined. In prom-client 15 the
 * default label also wins over 0 and ''; `@prometheus-io/client` does as this function does.
 */
export function fillDefaults(labels: RowLabels, defaults: RowLabels | null): RowLabels {
  const filled = { ...labels };
  for (const [name, value] of Object.entries(defaults ?? {})) filled[name] ??= value;
  return filled;
}

/** Labels for text: a default label is used for a name that the labels do not have. */
export function withDefaults(labels: RowLabels, defaults: RowLabels | null): RowLabels {
  return defaults === null ? labels : { ...labels, ...defaults, ...labels };
}

/** A label set as an object, with values of the types that they had in JavaScript. */
export function reviveLabels({ labels, types }: LabelData): RowLabels {
  // `fromEntries` defines properties and calls no setter: a label may be called `__proto__`.
  return Object.fromEntries(
    labels.map(([name, value], i) => [name, reviveLabelValue(value, types[i])]),
  );
}

function seriesRows(
  family: FamilyData,
  series: SeriesData,
  labels: RowLabels,
  prefix: string,
): Row[] {
  switch (family.type) {
    case 'histogram':
      return histogramRows(family, series, labels);
    case 'summary':
      return summaryRows(family, series, labels);
    case 'stateset':
      return stateRows(family, series, labels, prefix);
    default: {
      const exemplar = exemplarRow(series, 0);
      const row = { value: series.values[0]!, labels };
      return [exemplar === null ? row : { ...row, exemplar }];
    }
  }
}

function histogramRows(family: FamilyData, series: SeriesData, sharedLabels: RowLabels): Row[] {
  const { name, numbers } = family;
  const [sum, ...counts] = series.values;
  let count = 0;
  const rows = counts.map((one, i): Row => {
    count += one;
    const le = i < numbers.length ? numbers[i] : '+Inf';
    const metricName = `${name}_bucket`;
    // As in prom-client, the last bucket's `exemplar` is undefined, not null, until there is an exemplar.
    const none = family.exemplars === true && i === numbers.length ? undefined : null;
    const exemplar = exemplarRow(series, i) ?? none;
    return { labels: { le }, sharedLabels, value: count, metricName, exemplar };
  });
  const total = (metricName: string, value: number): Row => ({
    labels: {},
    sharedLabels,
    value,
    metricName,
    exemplar: undefined,
  });
  rows.push(total(`${name}_sum`, sum!), total(`${name}_count`, count));
  return rows;
}

function summaryRows(family: FamilyData, series: SeriesData, labels: RowLabels): Row[] {
  const { name, numbers } = family;
  const [sum, count, ...quantiles] = series.values;
  return [
    ...quantiles.map((value, i) => ({ labels: { quantile: numbers[i], ...labels }, value })),
    { metricName: `${name}_sum`, labels, value: sum! },
    { metricName: `${name}_count`, labels, value: count! },
  ];
}

/**
 * A row for each state. The label with the state, whose name is the family's as printed, follows the series' own
 * labels. A series that has a label of that name itself is left out.
 */
function stateRows(
  { name, states = [] }: FamilyData,
  series: SeriesData,
  labels: RowLabels,
  prefix: string,
): Row[] {
  const shown = prefix + name;
  // With the prefix, the name may be that of one of the series' own labels. The state would replace that label's value,
  // so that rows of several series could be the same.
  if (Object.hasOwn(labels, shown)) return [];
  return states.map((state, i) => ({
    value: series.values[i]!,
    labels: { ...labels, [shown]: state },
  }));
}

function exemplarRow({ exemplars }: SeriesData, bucket: number): ExemplarRow | null {
  const found = exemplars?.find((one) => one.bucket === bucket);
  if (found === undefined) return null;
  return { labelSet: reviveLabels(found), value: found.value, timestamp: found.time };
}

function splay({ labels, sharedLabels, ...row }: Row): Row {
  return { ...row, labels: { ...labels, ...sharedLabels } };
}
