/** prom-client's text for a label set, by which its `hashMap` finds values. */

/**
 * Returns a text that is the same for the same labels in any order. As in prom-client, two label sets can have the same
 * text if their values contain commas and colons, so this package never finds a series by this text.
 *
 * @param labelNames the order of the labels in the text; sorted names if left out
 */
export function hashObject(
  labels: Readonly<Record<string, unknown>>,
  labelNames?: readonly string[],
): string {
  const names = labelNames ?? Object.keys(labels).sort();
  const given = names.filter((name) => labels[name] !== undefined);
  return given.map((name) => `${name}:${labels[name] as string},`).join('');
}
