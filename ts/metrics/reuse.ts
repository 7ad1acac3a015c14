/** `ifExists: 'reuse'`: a module that is loaded again, by hot reload for example, declares its metrics again. */

import { inspect } from 'util';

import { unfit } from '../errors';
import type { Registers } from './configuration';

/** The options that must be the same, besides the type, because they determine how series are named and counted. */
const IDENTITY = [
  'help',
  'labelNames',
  'aggregator',
  'buckets',
  'percentiles',
  'maxAgeSeconds',
  'ageBuckets',
  'pruneAgedBuckets',
  'enableExemplars',
  'ttlSeconds',
  'dead',
  'keepDead',
  'states',
  'defaultLabels',
  'maxSeries',
  'overflow',
  'overflowLabels',
  'maxLabelValues',
] as const;

/** A metric's configuration with its defaults. */
type Configuration = Readonly<Record<string, unknown>>;

/**
 * Finds the metric to reuse: the first of that name in the registries.
 *
 * @param ifExists the user's option
 * @param given the configuration of the new metric, with the type of its family
 * @param isMetric whether an object in a registry is a metric
 * @param familyOf returns the type of a metric's family
 * @returns the metric; null if a new one has to be made
 * @throws TypeError for another `ifExists` than 'throw' and 'reuse', Error if the metric of that name has another type
 *   or differs in an option of {@link IDENTITY}
 */
export function reusable<M>(
  ifExists: unknown,
  registers: readonly Registers[],
  given: Configuration,
  isMetric: (one: unknown) => one is M,
  familyOf: (metric: M) => { readonly type: string },
): M | null {
  if (ifExists === undefined || ifExists === 'throw') return null;
  if (ifExists !== 'reuse') {
    throw unfit('ifExists', "'throw' or 'reuse'", ifExists);
  }
  const name = given['name'] as string;
  for (const register of registers) {
    const there = register.getSingleMetric?.(name);
    if (!isMetric(there)) continue;
    const existing = there as unknown as Configuration;
    for (const key of ['type', ...IDENTITY]) {
      const before = key === 'type' ? familyOf(there).type : existing[key];
      const now = given[key];
      if (inspect(before) === inspect(now)) continue;
      throw new Error(
        `A metric with the name ${name} has already been registered, ` +
          `with ${key} ${inspect(before)} and not ${inspect(now)}.`,
      );
    }
    return there;
  }
  return null;
}
