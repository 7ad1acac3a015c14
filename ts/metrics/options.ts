/** Options of metrics that are lists: what is none is refused by name, and not by what fails on it later. */

import { unfit } from '../errors';
import type { Registers } from './configuration';

/**
 * Label names as they were given.
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
 * Numbers; texts are taken for the numbers that they say, as prom-client takes them.
 *
 * @param option what they are called
 * @throws TypeError for what is no array, or has something in it that can be no number
 */
export function listOfNumbers(option: string, given: unknown): number[] {
  if (!Array.isArray(given) || given.some((one) => typeof one === 'symbol')) {
    throw unfit(option, 'an array of numbers', given);
  }
  return given.map(Number);
}

/**
 * The registries that a metric is to be shown on.
 *
 * @param given as in prom-client, any iterable will do
 * @throws TypeError for what has no registries in it, such as a registry
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
