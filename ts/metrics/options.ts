/** Options of metrics that are lists: another value is refused by the option's name, and not by a later failure. */

import { unfit } from '../errors';
import type { Registers } from './configuration';

/**
 * Label names, as given.
 *
 * @param given undefined and null are none
 * @throws TypeError for what is no array
 */
export function labelNamesOf(given: unknown): readonly string[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw unfit('labelNames', 'an array of names', given);
  return given as string[];
}

/**
 * Numbers; texts are converted to numbers, as in prom-client.
 *
 * @param option the name of the option
 * @throws TypeError for what is no array, or contains a value that is no number
 */
export function listOfNumbers(option: string, given: unknown): number[] {
  if (!Array.isArray(given) || given.some((one) => typeof one === 'symbol')) {
    throw unfit(option, 'an array of numbers', given);
  }
  return given.map(Number);
}

/**
 * The registries that are to show a metric.
 *
 * @param given as in prom-client, any iterable will do
 * @throws TypeError for what contains no registries, such as a registry itself
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
