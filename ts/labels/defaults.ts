/** Values of labels that the caller of a metric may leave out (`defaultLabels`). */

import { inspect } from 'util';

import { asText, wellFormed } from './text';
import type { LabelValue } from './tree';

/** The default values of a metric's labels. */
export class LabelDefaults {
  /** For each label name, in declared order, the text of its default value; undefined if it has none. */
  readonly texts: readonly LabelValue[];
  /** The default values as they were given, by name. */
  private readonly given: ReadonlyMap<string, unknown>;

  /**
   * @param declared the metric's label names
   * @param given default values by label name
   */
  constructor(declared: readonly string[], given: ReadonlyMap<string, unknown>) {
    this.given = given;
    this.texts = declared.map((name) =>
      given.has(name) ? wellFormed(asText(given.get(name))) : undefined,
    );
  }

  /** Returns whether every label has a default value. */
  get complete(): boolean {
    return this.texts.every((text) => text !== undefined);
  }

  /** Returns whether a label has a default value. */
  has(name: string): boolean {
    return this.given.has(name);
  }

  /** Returns the default value of a label as it was given. */
  of(name: string): unknown {
    return this.given.get(name);
  }

  /**
   * Adds the default values that are missing to a caller's labels.
   *
   * @param labels a value of undefined counts as missing
   * @returns a new object, in which the default values follow the caller's
   */
  fill(labels: object): Record<string, unknown> {
    const filled = new Map<string, unknown>();
    for (const [name, value] of Object.entries(labels) as [string, unknown][]) {
      if (value !== undefined || !this.given.has(name)) filled.set(name, value);
    }
    for (const [name, value] of this.given) if (!filled.has(name)) filled.set(name, value);
    // `fromEntries` defines properties and calls no setter: a label may be called `__proto__`.
    return Object.fromEntries(filled);
  }
}

/**
 * Checks the option `defaultLabels`.
 *
 * @param declared the metric's label names
 * @param option undefined and null mean no default values
 * @returns null if no label has a default value
 * @throws TypeError if the option is no object, names a label that is not declared, or has a value that is neither a
 *   string, a number, a boolean nor undefined
 */
export function labelDefaults(declared: readonly string[], option: unknown): LabelDefaults | null {
  if (option === undefined || option === null) return null;
  if (typeof option !== 'object' || Array.isArray(option)) {
    throw new TypeError(
      `defaultLabels must be an object with values of labels, and is ${inspect(option, { depth: 0 })}`,
    );
  }
  const given = new Map<string, unknown>();
  for (const [name, value] of Object.entries(option) as [string, unknown][]) {
    if (!declared.includes(name)) {
      const names = declared.join(', ');
      throw new TypeError(`defaultLabels has "${name}", which is none of the labels (${names})`);
    }
    if (value === undefined) continue;
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new TypeError(
        `defaultLabels must have a string, a number or a boolean for "${name}", and has ${inspect(value, { depth: 0 })}`,
      );
    }
    given.set(name, value);
  }
  return given.size === 0 ? null : new LabelDefaults(declared, given);
}
