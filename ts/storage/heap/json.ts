/** The compact JSON of a native scrape, as data. */

import type { FamilyType } from '../cells/kind';
import type { FamilyData, LabelData, SeriesData } from '../data';

/** A number in the JSON, which has texts for NaN and the infinities. */
type JsonNumber = number | 'NaN' | 'Infinity' | '-Infinity';

interface NativeLabels {
  /** Names with unescaped values. */
  l: [string, string][];
  /** The types of the label values, as in `LabelText`. */
  t: string;
}

interface NativeSeries extends NativeLabels {
  /** 0 for no default labels, else index + 1 in `defaults`. */
  d: number;
  v: JsonNumber[];
  /** Exemplars, if there are any: bucket, value and Unix time. */
  e?: (NativeLabels & { p: number; v: JsonNumber; s: JsonNumber })[];
}

interface NativeFamily {
  tag: string;
  name: string;
  help: string;
  type: FamilyType;
  aggregator: string;
  bounds: JsonNumber[];
  states?: string[];
  series: NativeSeries[];
}

interface NativeScrape {
  families: NativeFamily[];
  defaults: NativeLabels[];
}

/** Parses the families of a native scrape in format `json`, and keeps their order. */
export function parseFamilies(json: string): (FamilyData & { tag: string })[] {
  const { families, defaults } = JSON.parse(json) as NativeScrape;
  const sets = defaults.map(labelData);
  return families.map(({ tag, name, help, type, aggregator, bounds, states, series }) => ({
    tag,
    name,
    help,
    type,
    aggregator,
    numbers: bounds.map(Number),
    ...(states !== undefined && { states }),
    series: series.map((one): SeriesData => ({
      ...labelData(one),
      defaults: one.d === 0 ? null : sets[one.d - 1]!,
      values: one.v.map(Number),
      exemplars: one.e?.map((exemplar) => ({
        ...labelData(exemplar),
        bucket: exemplar.p,
        value: Number(exemplar.v),
        time: Number(exemplar.s),
      })),
    })),
  }));
}

function labelData({ l, t }: NativeLabels): LabelData {
  return { labels: l, types: t };
}
