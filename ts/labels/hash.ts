/** Label sets as prom-client's texts for them. */

/**
 * A text that is the same for the same labels in any order. As in prom-client two label sets may have one text, if
 * their values contain commas and colons: this package looks nothing up by it.
 *
 * @param labelNames their order, if it is known
 */
export function hashObject(
  labels: Readonly<Record<string, unknown>>,
  labelNames?: readonly string[],
): string {
  const names = labelNames ?? Object.keys(labels).sort();
  const given = names.filter((name) => labels[name] !== undefined);
  return given.map((name) => `${name}:${labels[name] as string},`).join('');
}
