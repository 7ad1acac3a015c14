/** Label sets that a program declares in advance, by the values that each label may have (`labelValues`). */

import type { LabelDefaults } from './defaults';

/** The maximum of label sets in one metric's `labelValues`: their series are made while the program starts. */
const MOST_SETS = 100_000;

/**
 * Returns every combination of the labels' values; the last label changes fastest.
 *
 * @param declared the metric's label names
 * @param values for each label name, an array of values; may be left out for a label with a default value
 * @param defaults the default values of labels; null for none
 * @throws TypeError if a label has no array or is not declared, or if there are more than 100,000 combinations
 */
export function labelSets(
  declared: readonly string[],
  values: Readonly<Record<string, unknown>>,
  defaults: LabelDefaults | null,
): Record<string, unknown>[] {
  for (const name of Object.keys(values)) {
    if (declared.includes(name)) continue;
    throw new TypeError(
      `labelValues has "${name}", which is none of the labels (${names(declared)})`,
    );
  }
  let sets: Record<string, unknown>[] = [{}];
  for (const name of declared) {
    const given = values[name] ?? (defaults?.has(name) === true ? [defaults.of(name)] : undefined);
    // A label set that lacks this label would make another series than the one that the program updates later.
    if (!Array.isArray(given)) {
      throw new TypeError(
        `labelValues must have an array for each label (${names(declared)}), and has none for "${name}"`,
      );
    }
    if (sets.length * given.length > MOST_SETS) {
      throw new TypeError(`labelValues makes more than ${MOST_SETS} label sets`);
    }
    sets = sets.flatMap((set) => (given as unknown[]).map((value) => ({ ...set, [name]: value })));
  }
  return sets;
}

function names(declared: readonly string[]): string {
  return declared.join(', ');
}
