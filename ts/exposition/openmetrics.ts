/**
 * Prints families as OpenMetrics 1.0 where no heap is read. Native code prints the same bytes
 * (`exposition/openmetrics.rs`, which lists the differences from prom-client).
 */

import { escapeHelp, escapeLabelValue } from '../labels';
import type { ExtraFamily, Sample } from '../native';
import { numberText, sampleText } from './text';

/** The end of an output. */
export const END = '# EOF\n';

/** The suffix of a counter's samples. */
const TOTAL = '_total';

/** The names that a family of a type reserves in addition to its own, as suffixes. */
const RESERVED = new Map([
  ['counter', [TOTAL, '_created']],
  ['histogram', ['_bucket', '_sum', '_count', '_created']],
  ['summary', ['_sum', '_count', '_created']],
]);

/** How a family is shown. */
interface Shown {
  name: string;
  type: string;
  /** The suffix that a counter's samples have after the family's name; empty for other types. */
  suffix: string;
}

/**
 * Returns the text of each family, without a line break at its end. Leaves out families whose samples would have names
 * of another family.
 */
export function openMetricsTexts(families: readonly ExtraFamily[]): string[] {
  return shown(families).flatMap((how, i) => (how === null ? [] : [familyText(families[i]!, how)]));
}

/**
 * Returns how each family is shown; null for one that is left out. Counters take their names last: if the name without
 * the suffix is taken, a counter is shown by its full name, with the type `unknown`.
 */
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

/** Returns a counter's name without the suffix of its samples. */
function base(name: string): string {
  return name.endsWith(TOTAL) ? name.slice(0, -TOTAL.length) : name;
}

/** Returns ` # {labels} value timestamp` if the sample has an exemplar and its name allows one; else an empty text. */
function exemplarText({ exemplar }: Sample, name: string): string {
  if (exemplar === undefined || !(name.endsWith(TOTAL) || name.endsWith('_bucket'))) return '';
  const { labels, value, time } = exemplar;
  // Prometheus accepts U+0000 in a label of a sample, but refuses the whole scrape if a label of an exemplar has it.
  const shownLabels = labels.replaceAll('\0', '\uFFFD');
  return ` # {${shownLabels}} ${numberText(value)}${time === undefined ? '' : ` ${numberText(time)}`}`;
}
