/**
 * OpenMetrics 1.0 text of families that no heap prints: native code prints the same bytes (`exposition/openmetrics.rs`,
 * which says what differs from prom-client).
 */

import { escapeHelp, escapeLabelValue } from '../labels';
import type { ExtraFamily, Sample } from '../native';
import { numberText, sampleText } from './text';

/** The end of an output. */
export const END = '# EOF\n';

/** The suffix of a counter's samples. */
const TOTAL = '_total';

/** The names that a type reserves beside the plain one, by their suffixes. */
const RESERVED = new Map([
  ['counter', [TOTAL, '_created']],
  ['histogram', ['_bucket', '_sum', '_count', '_created']],
  ['summary', ['_sum', '_count', '_created']],
]);

/** How a family is shown. */
interface Shown {
  name: string;
  type: string;
  /** What the names of a counter's samples have after the family's. */
  suffix: string;
}

/** Families as text, each without a line break at the end; those whose samples would be another's are left out. */
export function openMetricsTexts(families: readonly ExtraFamily[]): string[] {
  return shown(families).flatMap((how, i) => (how === null ? [] : [familyText(families[i]!, how)]));
}

/** Counters go last: a name that is taken can be told apart by their suffix. */
function shown(families: readonly ExtraFamily[]): (Shown | null)[] {
  const taken = new Set<string>();
  const take = (name: string, type: string): boolean => {
    const names = ['', ...(RESERVED.get(type) ?? [])].map((suffix) => name + suffix);
    if (names.some((one) => taken.has(one))) return false;
    for (const one of names) taken.add(one);
    return true;
  };
  const others = families.map(({ name, type }): Shown | null =>
    type !== 'counter' && take(name, type) ? { name, type, suffix: '' } : null,
  );
  return families.map(({ name, type }, i): Shown | null => {
    if (type !== 'counter') return others[i]!;
    if (take(base(name), type)) return { name: base(name), type, suffix: TOTAL };
    return take(name, 'unknown') ? { name, type: 'unknown', suffix: '' } : null;
  });
}

function familyText({ help, samples }: ExtraFamily, { name, type, suffix }: Shown): string {
  const shownAs = escapeHelp(name);
  const lines = [
    `# HELP ${shownAs} ${escapeLabelValue(help)}`,
    `# TYPE ${shownAs} ${escapeHelp(type)}`,
  ];
  for (const sample of samples) {
    const sampleName = suffix === '' ? sample.name : base(sample.name) + suffix;
    const exemplar = type === 'unknown' ? '' : exemplarText(sample, sampleName);
    lines.push(sampleText(sampleName, sample) + exemplar);
  }
  return lines.join('\n');
}

/** A counter's name without its samples' suffix. */
function base(name: string): string {
  return name.endsWith(TOTAL) ? name.slice(0, -TOTAL.length) : name;
}

/** ` # {labels} value timestamp` where a sample may have it. */
function exemplarText({ exemplar }: Sample, name: string): string {
  if (exemplar === undefined || !(name.endsWith(TOTAL) || name.endsWith('_bucket'))) return '';
  const { labels, value, time } = exemplar;
  // Prometheus takes U+0000 in a label's value, and refuses the whole scrape for it in an exemplar's.
  const shownLabels = labels.replaceAll('\0', '\uFFFD');
  return ` # {${shownLabels}} ${numberText(value)}${time === undefined ? '' : ` ${numberText(time)}`}`;
}
