/** Text format 0.0.4 as prom-client prints it, of families that no heap prints: native code prints the same bytes. */

import { escapeHelp } from '../labels';
import type { ExtraFamily, Sample } from '../native';
import { numberOf } from './extra';

/** One family, without a line break at the end. */
export function familyText(family: ExtraFamily): string {
  const name = escapeHelp(family.name);
  const head = [
    `# HELP ${name} ${escapeHelp(family.help)}`,
    `# TYPE ${name} ${escapeHelp(family.type)}`,
  ];
  return [...head, ...family.samples.map((sample) => sampleText(sample.name, sample))].join('\n');
}

/** A number as prom-client prints it. */
export function numberText(value: unknown): string {
  const number = numberOf(value);
  if (Number.isNaN(number)) return 'Nan';
  if (Number.isFinite(number)) return `${number}`;
  return number < 0 ? '-Inf' : '+Inf';
}

/** A row's name, labels and value. */
export function sampleText(name: string, { labels, value }: Sample): string {
  return `${escapeHelp(name)}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}`;
}
