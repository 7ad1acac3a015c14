/** Checks of names and labels. They throw prom-client's messages letter by letter, because programs compare them. */

import { inspect } from 'util';

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Whether a metric may have this name.
 *
 * @param name is converted to a string, as in prom-client: so `undefined` and `null` are valid names
 */
export function validateMetricName(name: string): boolean {
  return METRIC_NAME.test(name);
}

/** Returns the names that are not valid as names of labels. */
export function invalidLabelNames(names: readonly string[]): string[] {
  return names.filter((name) => !LABEL_NAME.test(name));
}

/**
 * Checks that the metric was declared with all of these labels.
 *
 * @throws Error `Added label "z" is not included in initial labelset: [ 'a', 'b' ]`
 */
export function validateLabels(declared: readonly string[], labels: unknown): void {
  // `for in` sees inherited names too, and the index of each letter of a string: so does prom-client.
  for (const name in labels as object) {
    if (!declared.includes(name)) {
      throw new Error(
        `Added label "${name}" is not included in initial labelset: ${inspect(declared)}`,
      );
    }
  }
}

/**
 * Returns the label object that the arguments of `labels()` or `remove()` mean. The arguments are that object, which
 * may be null, as with prom-client, or one value for each declared name.
 *
 * @param open the names without default values; the arguments may also be one value for each of these
 * @throws Error if there are not as many values as names
 */
export function labelsOf(
  declared: readonly string[],
  args: readonly unknown[],
  open: readonly string[] = declared,
): object | null {
  const first = args[0];
  if (typeof first === 'object') return first;
  const names = declared.length === args.length ? declared : open;
  if (names.length !== args.length) {
    throw new Error(
      `Invalid number of arguments (${args.length}): "${args.join(', ')}" ` +
        `for label names (${declared.length}): "${declared.join(', ')}".`,
    );
  }
  const labels: Record<string, unknown> = {};
  for (let i = 0; i < names.length; i++) labels[names[i]!] = args[i];
  return labels;
}
