/** Warnings of options whose names are almost those of options that exist. */

import { warnOnce } from '../errors';

/**
 * Warns, once for each name, of options that do not exist and whose names are one edit away from that of an option.
 * Other unknown options are no mistake: a class that extends a metric may have options of its own.
 *
 * @param options the options that the program gave
 * @param known the names of the options that exist
 * @param whose the name of the object with the options, for the message
 */
export function warnOfMisspelt(options: object, known: readonly string[], whose: string): void {
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const meant = known.find((one) => isOneEdit(key, one));
    if (meant === undefined) continue;
    warnOnce(
      'MPMETRICS_CONFIG',
      `${whose} has an option ${key}, which does not exist and has no effect: ${meant} is likely meant`,
      `${key} for ${meant}`,
    );
  }
}

/** Whether two names differ by one added or replaced letter, or by two neighbouring letters that are swapped. */
function isOneEdit(one: string, other: string): boolean {
  if (Math.abs(one.length - other.length) > 1) return false;
  let start = 0;
  while (start < one.length && one[start] === other[start]) start++;
  const [rest, otherRest] = [one.slice(start), other.slice(start)];
  return (
    rest.slice(1) === otherRest ||
    rest === otherRest.slice(1) ||
    rest.slice(1) === otherRest.slice(1) ||
    (rest[0] === otherRest[1] && rest[1] === otherRest[0] && rest.slice(2) === otherRest.slice(2))
  );
}
