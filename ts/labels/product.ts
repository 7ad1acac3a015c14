/** Label sets that are known in advance, from the values that each label may have. */

/** Most label sets that one metric may begin with, because they are made while the program starts. */
const MOST_SETS = 100_000;

/**
 * Every combination of the labels' values; the last label changes fastest.
 *
 * @param declared the metric's label names
 * @param values an array of values for each of them
 * @throws TypeError if a label has none or is not declared, or there are more than 100,000 combinations
 */
export function labelSets(
  declared: readonly string[],
  values: Readonly<Record<string, unknown>>,
): Record<string, unknown>[] {
  for (const name of Object.keys(values)) {
    if (declared.includes(name)) continue;
    throw new TypeError(
      `labelValues has "${name}", which is none of the labels (${names(declared)})`,
    );
  }
  let sets: Record<string, unknown>[] = [{}];
  for (const name of declared) {
    const given = values[name];
    // With fewer labels these would be other series than those that are counted later.
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
