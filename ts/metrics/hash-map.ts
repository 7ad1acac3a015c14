/**
 * prom-client's `hashMap`: a metric's own values, as they stand, in an object. Tests of applications read it. Nothing is
 * kept in it: it is made of the cells when it is asked for, and nothing that is done to it changes them.
 */

import { reviveLabels, type RowLabels } from '../exposition';
import { hashObject, parseLabelText } from '../labels';
import { ownImage, type Roster, type Series, type Shape } from '../storage';

/** What a metric has of one label set; of a counter and a gauge its value. */
export type HashEntry = Readonly<
  { labels: RowLabels } & (
    | { value: number }
    | { bucketValues: Readonly<Record<string, number>>; sum: number; count: number }
    | { sum: number; count: number }
  )
>;

/** Entries by prom-client's text for their labels; see {@link hashObject}. */
export type HashMap = Readonly<Record<string, HashEntry>>;

/** What this isolate has counted of each series, without asking anybody else. */
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

/** The handles that count something that is shown, in the order in which they were first seen. */
export function ownHandles(roster: Roster): Series[] {
  const live = roster.handles().filter((h) => h.live);
  return live.sort((one, other) => one.birth - other.birth);
}

/** In prom-client's order of keys. */
function entryOf({ kind, bounds }: Shape, labels: RowLabels, values: readonly number[]): HashEntry {
  const [first = 0, ...rest] = values;
  switch (kind.type) {
    case 'histogram':
      return {
        labels,
        bucketValues: bucketValuesOf(bounds, rest),
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
 * prom-client's `bucketValues`: what each bucket counts by itself, by its bound.
 *
 * @param counts none for a histogram that has counted nothing
 */
export function bucketValuesOf(
  bounds: readonly number[],
  counts: readonly number[] = [],
): Readonly<Record<string, number>> {
  const values: Record<string, number> = {};
  // Of equal bounds the first has all.
  bounds.forEach((bound, i) => (values[bound] ??= counts[i] ?? 0));
  return Object.freeze(values);
}

/**
 * Gives objects of a class a property that is made when it is read, and that may be assigned as any other: classes
 * written for prom-client assign theirs.
 *
 * @param given is told what one is assigned
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
