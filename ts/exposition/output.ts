/** The output of families that no heap prints, and of texts that registries of users make themselves. */

import type { ExtraFamily } from '../native';
import type { TextFormat } from './content-type';
import { END, openMetricsTexts } from './openmetrics';
import { familyText } from './text';

/** Families as an output. */
export function outputOf(families: readonly ExtraFamily[], format: TextFormat): string {
  return joinTexts(familyTexts(families, format), format);
}

/** Families, each without a line break at the end; in OpenMetrics without those whose samples would be another's. */
export function familyTexts(families: readonly ExtraFamily[], format: TextFormat): string[] {
  return format === 'openmetrics' ? openMetricsTexts(families) : families.map(familyText);
}

/** Texts of single families as an output. */
export function joinTexts(texts: readonly string[], format: TextFormat): string {
  return format === 'openmetrics' ? [...texts, END].join('\n') : `${texts.join('\n\n')}\n`;
}

/** What an output has after the text of its last family. */
export function endOf(format: TextFormat): string {
  return format === 'openmetrics' ? `\n${END}` : '\n';
}
