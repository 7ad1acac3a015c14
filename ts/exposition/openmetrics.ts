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

/** The suffix of an info's samples. */
const INFO = '_info';

/** The names that a family of a type reserves in addition to its own, as suffixes. */
const RESERVED = new Map([
  ['counter', [TOTAL, '_created']],
  ['histogram', ['_bucket', '_sum', '_count', '_created']],
  ['summary', ['_sum', '_count', '_created']],
  ['info', [INFO]],
]);

/** How a family is shown. */
interface Shown {
  name: string;
  type: string;
  /** The suffix that samples of a counter or info have after the family's name; empty for other types. */
  suffix: string;
}

/**
 * Returns the text of each family, without a line break at its end, with the prefix before each name. Leaves out families
 * whose samples would have names of another family.
 */
export function openMetricsTexts(families: readonly ExtraFamily[], prefix: string): string[] {
  return shown(families).flatMap((how, i) =>
    how === null ? [] : [familyText(families[i]!, how, prefix)],
  );
}

/**
 * Returns how each family is shown; null for one that is left out. Counters and infos take their names last: if the name
 * without the suffix is taken, a counter is shown by its full name, with the type `unknown`, and an info with the type
 * `gauge`.
 */
function shown(families: readonly ExtraFamily[]): (Shown | null)[] {
  const taken = new Set<string>();
  const take = (name: string, type: string): boolean => {
    const names = ['', ...(RESERVED.get(type) ?? [])].map((suffix) => name + suffix);
    if (names.some((one) => taken.has(one))) return false;
    for (const one of names) taken.add(one);
    return true;
  };
  const others = families.map((family): Shown | null => {
    const { name, type } = family;
    return suffixOf(family) === '' && take(name, type) ? { name, type, suffix: '' } : null;
  });
  return families.map((family, i): Shown | null => {
    const suffix = suffixOf(family);
    if (suffix === '') return others[i]!;
    const { name, type } = family;
    if (take(base(name, suffix), type)) return { name: base(name, suffix), type, suffix };
    const otherwise = type === 'counter' ? 'unknown' : 'gauge';
    return take(name, otherwise) ? { name, type: otherwise, suffix: '' } : null;
  });
}

/**
 * Returns the suffix that a family's samples have and its shown name does not; empty for none. An info that was made
 * elsewhere may have a name without the suffix, and keeps that name for its samples.
 */
function suffixOf({ name, type }: ExtraFamily): string {
  if (type === 'counter') return TOTAL;
  return type === 'info' && name.endsWith(INFO) ? INFO : '';
}

function familyText(
  { help, unit, samples }: ExtraFamily,
  { name, type, suffix }: Shown,
  prefix: string,
): string {
  const shownAs = prefix + escapeHelp(name);
  const lines = [
    `# HELP ${shownAs} ${escapeLabelValue(help)}`,
    `# TYPE ${shownAs} ${escapeHelp(type)}`,
  ];
  // The format demands that the name ends with the unit. That of a counter with the type `unknown` does not.
  if (unit !== undefined && name.endsWith(`_${unit}`))
    lines.push(`# UNIT ${shownAs} ${escapeHelp(unit)}`);
  for (const sample of samples) {
    const sampleName = suffix === '' ? sample.name : base(sample.name, suffix) + suffix;
    const exemplar = type === 'unknown' ? '' : exemplarText(sample, sampleName);
    lines.push(sampleText(prefix + sampleName, sample) + exemplar);
  }
  return lines.join('\n');
}

/** Returns a family's name without the suffix of its samples. */
function base(name: string, suffix: string): string {
  return name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/** Returns ` # {labels} value timestamp` if the sample has an exemplar and its name allows one; else an empty text. */
function exemplarText({ exemplar }: Sample, name: string): string {
  if (exemplar === undefined || !(name.endsWith(TOTAL) || name.endsWith('_bucket'))) return '';
  const { labels, value, time } = exemplar;
  // Prometheus accepts U+0000 in a label of a sample, but refuses the whole scrape if a label of an exemplar has it.
  const shownLabels = labels.replaceAll('\0', '\uFFFD');
  return ` # {${shownLabels}} ${numberText(value)}${time === undefined ? '' : ` ${numberText(time)}`}`;
}
