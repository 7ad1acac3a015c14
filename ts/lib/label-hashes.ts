/** `prom-client/lib/util`: the functions that programs import from it, mostly {@link hashObject}. */

import { hashObject, labelsOf } from '../labels';

export { numberText as getValueAsString } from '../exposition';
export { hashObject };

type Labels = Record<string, unknown>;
type Values = Record<string, { value: number; labels: Labels }>;

/** @see labelsOf */
export function getLabels(labelNames: readonly string[], args: readonly unknown[]): object | null {
  return labelsOf(labelNames, args);
}

/** Sets the value of a label set in an object whose keys are made by {@link hashObject}. */
export function setValue(values: Values, value: unknown, labels?: Labels): Values {
  values[hashObject(labels ?? {})] = {
    value: typeof value === 'number' ? value : 0,
    labels: labels ?? {},
  };
  return values;
}

/** Adds `delta` to the value under the key `hash`, in an object that {@link setValue} fills, too. */
export function setValueDelta(values: Values, delta: unknown, labels: Labels, hash = ''): Values {
  const value = typeof delta === 'number' ? delta : 0;
  const there = values[hash];
  if (there === undefined) values[hash] = { value, labels };
  else there.value += value;
  return values;
}

/** Removes the value of a label set from an object that {@link setValue} has filled. */
export function removeLabels(values: Values, labels: Labels, labelNames?: readonly string[]): void {
  Reflect.deleteProperty(values, hashObject(labels, labelNames));
}

export function isObject(value: unknown): value is object {
  return value !== null && typeof value === 'object';
}

/** Returns the Unix time in seconds. */
export function nowTimestamp(): number {
  return Date.now() / 1000;
}

/** A map with a list for each key. */
export class Grouper extends Map<unknown, unknown[]> {
  add(key: unknown, value: unknown): void {
    const list = this.get(key);
    if (list === undefined) this.set(key, [value]);
    else list.push(value);
  }
}
