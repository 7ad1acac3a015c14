/** Arbitraries of fast-check for random programs: labels and values, plain and odd. */

import fc from 'fast-check';

/** Label names of the metrics. */
export const NAMES = ['a', 'b', 'le_'] as const;

export type Labels = Record<string, unknown>;

const odd = fc.constantFrom<unknown[]>(
  ...['', '"', '\\', '\n', '\\n', '\\"', '{}', ' ', 'é', '💩', '\0', '\u2028', 'undefined', 'null'],
  ...[
    '1',
    'NaN',
    'le="1"',
    '#',
    1,
    0,
    -0,
    1.5,
    1e21,
    NaN,
    Infinity,
    true,
    false,
    null,
    undefined,
    7n,
  ],
);
const text = fc
  .string({ maxLength: 6, unit: 'grapheme' })
  .filter((value) => !/,|:/.test(value) && !/\p{Surrogate}/u.test(value));
export const labels = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...NAMES), fc.oneof({ weight: 3, arbitrary: odd }, text)), {
    selector: ([name]) => name,
    maxLength: 3,
  })
  .map((pairs): Labels => Object.fromEntries(pairs));
/** Labels in the order of their names: prom-client prints a gauge's labels in the order that the last `set` gave. */
export const sorted = labels.map((given): Labels =>
  Object.fromEntries(Object.entries(given).sort(([a], [b]) => (a < b ? -1 : 1))),
);
/**
 * Returns the labels with the text `undefined` in place of undefined values. prom-client prints the text and the value
 * alike, but makes a series of each; this package makes one series of both.
 */
export function spelled(given: Labels): Labels {
  const pairs = Object.entries(given).map(([name, value]) => [
    name,
    value === undefined ? 'undefined' : value,
  ]);
  return Object.fromEntries(pairs) as Labels;
}
/**
 * Default labels whose values no series has in its own labels. Otherwise two series could get the same labels: the
 * heap joins such series, and prom-client prints both.
 */
export const defaults = sorted.map((given): Labels =>
  Object.fromEntries(
    Object.entries(given).map(([name, value]) => [name, `\u2603${value as number}`]),
  ),
);
export const finite = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1, 0.1, 1e21, 1e-7, 5e-324, Number.MAX_VALUE, 2 ** 53),
  fc.integer({ min: -3, max: 30 }),
);
export const positive = finite.map(Math.abs);
export const anything = fc.oneof(finite, fc.constantFrom(NaN, Infinity, -Infinity));
