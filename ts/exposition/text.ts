/** Prints families in text format 0.0.4 where no heap is read. Native code and prom-client print the same bytes. */

import { escapeHelp } from '../labels';
import type { ExtraFamily, Sample } from '../native';
import { numberOf } from './extra';

/** Returns the text of one family, without a line break at its end. */
export function familyText(family: ExtraFamily, prefix: string): string {
  const name = prefix + escapeHelp(family.name);
  const head = [
    `# HELP ${name} ${escapeHelp(family.help)}`,
    `# TYPE ${name} ${escapeHelp(family.type)}`,
  ];
  return [
    ...head,
    ...family.samples.map((sample) => sampleText(prefix + sample.name, sample)),
  ].join('\n');
}

/** Returns a number as prom-client prints it. */
export function numberText(value: unknown): string {
  const number = numberOf(value);
  if (Number.isNaN(number)) return 'Nan';
  if (Number.isFinite(number)) return `${number}`;
  return number < 0 ? '-Inf' : '+Inf';
}

/** Returns a sample's line: name, labels and value. */
export function sampleText(name: string, { labels, value }: Sample): string {
  return `${escapeHelp(name)}${labels === '' ? '' : `{${labels}}`} ${numberText(value)}`;
}
