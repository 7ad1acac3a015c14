/**
 * prom-client's `hashMap`, which tests of applications read: an object with this isolate's values of all series of a
 * metric. It is made from the cells when it is read, and is frozen.
 */

import { reviveLabels, type RowLabels } from '../exposition';
import { hashObject, parseLabelText } from '../labels';
import { ownImage, type Roster, type Handle, type Shape } from '../storage';

/** The entry of one label set: its labels and this isolate's value, or sum and count of observations. */
export type HashEntry = Readonly<
  { labels: RowLabels } & (
    | { value: number }
    | { bucketValues: Readonly<Record<string, number>>; sum: number; count: number }
    | { sum: number; count: number }
  )
>;

/** Entries by prom-client's text for their labels; see {@link hashObject}. */
export type HashMap = Readonly<Record<string, HashEntry>>;

/** The parts that this isolate has of a metric's series, without those of other processes. */
export function hashMapOf(roster: Roster): HashMap {
  const { kind } = roster.shape;
  const entries = ownHandles(roster).map((h) => {
    const labels = reviveLabels({ labels: parseLabelText(h.text), types: h.types });
    const values = kind.values(ownImage(h, kind), roster.shape, h.size);
    const entry = Object.freeze(entryOf(roster.shape, labels, values));
    return [hashObject(labels), entry] as const;
  });
  return Object.freeze(Object.fromEntries(entries));
}

/** The handles of series that are shown, in the order of their births. */
export function ownHandles(roster: Roster): Handle[] {
  const live = roster.handles().filter((h) => h.live);
  return live.sort((one, other) => one.birth - other.birth);
}

/** The entry of a series, with its keys in prom-client's order. */
function entryOf(
  { kind, numbers }: Shape,
  labels: RowLabels,
  values: readonly number[],
): HashEntry {
  const [first = 0, ...rest] = values;
  switch (kind.type) {
    case 'histogram':
      return {
        labels,
        bucketValues: bucketValuesOf(numbers, rest),
        sum: first,
        count: rest.reduce((count, one) => count + one, 0),
      };
    case 'summary':
      return { labels, count: rest[0]!, sum: first };
    default:
      return { value: first, labels };
  }
}

/**
 * prom-client's `bucketValues`: for each bound the count of its bucket, not cumulative.
 *
 * @param counts left out for a histogram without observations
 */
export function bucketValuesOf(
  bounds: readonly number[],
  counts: readonly number[] = [],
): Readonly<Record<string, number>> {
  const values: Record<string, number> = {};
  // If bounds are equal, all observations are in the bucket of the first.
  bounds.forEach((bound, i) => (values[bound] ??= counts[i] ?? 0));
  return Object.freeze(values);
}

/**
 * Defines a property that is computed when it is read. It can be assigned like any other property, because classes that
 * were written for prom-client do that.
 *
 * @param given called with the first value that is assigned
 */
export function lend<T extends object>(
  prototype: T,
  name: string,
  make: (one: T) => unknown,
  given?: (one: T, value: unknown) => void,
): void {
  Object.defineProperty(prototype, name, {
    configurable: true,
    get(this: T) {
      return make(this);
    },
    set(this: T, value: unknown) {
      Object.defineProperty(this, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
      given?.(this, value);
    },
  });
}
