/** What the heap has printed, where metrics that are not in it have the same names. */

import { END } from './openmetrics';
import type { Printable } from './text';

/** Before each family's name; line breaks in texts of users are escaped. */
const HEAD = '\n# HELP ';

/** Whether a text has a metric of that name, in either format. */
export function prints(text: { includes(part: string): boolean }, name: unknown): boolean {
  const names = [name, String(name).replace(/_total$/, '')];
  return names.some((one) => text.includes(`\n# TYPE ${one as string} `));
}

/**
 * What native code printed, without the families that are some metrics'.
 *
 * @param metrics what is printed in their place
 */
export function withoutFamilies(
  text: string,
  metrics: readonly Printable[],
  format: 'text' | 'openmetrics',
): string {
  const open = format === 'openmetrics';
  const gone = new Set<string>();
  for (const { name, type } of metrics) gone.add(name).add(keyOf(name, type, open));
  const end = open ? END : '';
  const families = `\n${text.slice(0, text.length - end.length - 1)}`.split(HEAD);
  const kept = families.filter((family) => {
    const [, name, type] = /^(\S+) [^\n]*\n# TYPE \S+ (\S+)/.exec(family) ?? [];
    return name === undefined || !gone.has(keyOf(name, type!, open));
  });
  // Between families may be a blank line, behind the last is none.
  const rest = kept.join(HEAD).slice(1).replace(/\n$/, '');
  return open && rest === '' ? end : `${rest}\n${end}`;
}

/** In OpenMetrics a counter is called as its samples without their suffix, and may have another metric's name. */
function keyOf(name: string, type: string, open: boolean): string {
  return open && type === 'counter' ? `${name.replace(/_total$/, '')} counter` : name;
}
