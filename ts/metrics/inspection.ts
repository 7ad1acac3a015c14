/** What `console.log` shows of metrics and registries, whose internal properties have symbols as keys. */

import { inspect } from 'util';

import { ownImage, plainType, type Roster } from '../storage';
import { ownHandles } from './hash-map';

/** The count and the sum of a series' observations, which `console.log` prints on one line at any depth. */
class Observations {
  readonly count: number;
  readonly sum: number;

  constructor(count: number, sum: number) {
    this.count = count;
    this.sum = sum;
  }

  [inspect.custom](): string {
    return `${this.count} observations, sum ${this.sum}`;
  }
}

/** This isolate's part of each series, by the label text. Of a state set, the states that are set. */
export function ownValues(roster: Roster): Record<string, unknown> {
  const { kind, states } = roster.shape;
  const entries = ownHandles(roster).map((h) => {
    const values = kind.values(ownImage(h, kind), roster.shape, h.size);
    if (kind.type === 'stateset') return [h.text, states.filter((_, i) => values[i] === 1)];
    const [first = 0, ...rest] = values;
    if (plainType(kind.type) === 'gauge' || kind.type === 'counter') return [h.text, first];
    const counts = kind.type === 'summary' ? rest.slice(0, 1) : rest;
    return [
      h.text,
      new Observations(
        counts.reduce((all, one) => all + one, 0),
        first,
      ),
    ];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
}

/**
 * An object that `console.log` prints like `one`, with the name of its class, but with only these properties.
 */
export function inspected(one: object, properties: Readonly<Record<string, unknown>>): object {
  const shown = Object.create(Object.getPrototypeOf(one) as object) as object;
  // Otherwise `console.log` would call the `inspect.custom` method of the class, which makes this object.
  Object.defineProperty(shown, inspect.custom, { value: undefined });
  // Defines the properties and does not assign them, because a class may have accessors of these names.
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(shown, name, { value, enumerable: true });
  }
  return shown;
}
