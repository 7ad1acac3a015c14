/** Makes the output where no heap is read, or where a user overrides methods of a registry. */

import type { ExtraFamily } from '../native';
import type { TextFormat } from './content-type';
import { END, openMetricsTexts } from './openmetrics';
import { familyText } from './text';

/**
 * Returns an output of families.
 *
 * @param prefix is printed before each name
 */
export function outputOf(
  families: readonly ExtraFamily[],
  format: TextFormat,
  prefix = '',
): string {
  return joinTexts(familyTexts(families, format, prefix), format);
}

/** Returns the text of each family, without a line break at its end; in OpenMetrics see {@link openMetricsTexts}. */
export function familyTexts(
  families: readonly ExtraFamily[],
  format: TextFormat,
  prefix: string,
): string[] {
  if (format === 'openmetrics') return openMetricsTexts(families, prefix);
  return families.map((family) => familyText(family, prefix));
}

/** Joins the texts of single families to an output. */
export function joinTexts(texts: readonly string[], format: TextFormat): string {
  return format === 'openmetrics' ? [...texts, END].join('\n') : `${texts.join('\n\n')}\n`;
}

/** Returns the end of an output, after the text of its last family. */
export function endOf(format: TextFormat): string {
  return format === 'openmetrics' ? `\n${END}` : '\n';
}
