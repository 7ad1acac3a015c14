/** Checks options whose values are lists, so that errors name the option, and no later code fails. */

import { unfit } from '../errors';
import type { Registers } from './configuration';

/**
 * Returns the label names of a configuration.
 *
 * @param given the option's value; undefined and null mean no label names
 * @throws TypeError if the value is no array
 */
export function labelNamesOf(given: unknown): readonly string[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw unfit('labelNames', 'an array of names', given);
  return given as string[];
}

/**
 * Returns an option's list as numbers. Texts are converted to numbers, as by prom-client.
 *
 * @param option the name of the option
 * @throws TypeError if the value is no array, or contains a symbol
 */
export function listOfNumbers(option: string, given: unknown): number[] {
  if (!Array.isArray(given) || given.some((one) => typeof one === 'symbol')) {
    throw unfit(option, 'an array of numbers', given);
  }
  return given.map(Number);
}

/**
 * Returns the registries that a configuration names.
 *
 * @param given the option's value: any iterable of registries, as in prom-client
 * @throws TypeError for any other value, such as a single registry
 */
export function registersOf(given: unknown): readonly Registers[] {
  const iterable = typeof given === 'object' && given !== null && Symbol.iterator in given;
  const all = !iterable || Array.isArray(given) ? given : [...(given as Iterable<unknown>)];
  if (!Array.isArray(all) || !all.every(isRegister)) {
    throw unfit('registers', 'an array of registries', given);
  }
  return all as Registers[];
}

function isRegister(one: unknown): boolean {
  return typeof (one as Partial<Registers> | null | undefined)?.registerMetric === 'function';
}
