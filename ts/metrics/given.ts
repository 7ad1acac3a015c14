/** The options that a program gives to the constructor of a metric, with the defaults of the metric's type. */

import { unfit } from '../errors';
import { labelDefaults, type LabelDefaults } from '../labels';
import type { LabelOptions, FamilyType } from '../storage';
import type { Registers } from './configuration';
import { warnOfMisspelt } from './misspelt';
import { seriesLimits, type SeriesLimits } from './series-limits';

/** A configuration with the defaults of the metric's type. */
export interface Given {
  name: string;
  /** Declared as a string for users; prom-client accepts any truthy value. */
  help: string | number;
  labelNames?: readonly string[];
  registers?: readonly Registers[];
  aggregator: string;
  enableExemplars: boolean;
  collect?: unknown;
  buckets?: readonly number[];
  percentiles?: readonly number[];
  maxAgeSeconds?: number;
  ageBuckets?: number;
  pruneAgedBuckets?: boolean;
  compressCount?: number;
  ifExists?: unknown;
  ttlSeconds?: number;
  labelValues?: Readonly<Record<string, unknown>>;
  dead?: unknown;
  keepDead?: number;
  states?: readonly string[];
  namespace?: unknown;
  subsystem?: unknown;
  unit?: unknown;
  defaultLabels?: unknown;
  maxSeries?: unknown;
  overflow?: unknown;
  overflowLabels?: unknown;
  maxLabelValues?: unknown;
}

/** The names of the options of metrics of all types. */
const OPTIONS: Readonly<Record<keyof Given, true>> = {
  name: true,
  help: true,
  labelNames: true,
  registers: true,
  aggregator: true,
  enableExemplars: true,
  collect: true,
  buckets: true,
  percentiles: true,
  maxAgeSeconds: true,
  ageBuckets: true,
  pruneAgedBuckets: true,
  compressCount: true,
  ifExists: true,
  ttlSeconds: true,
  labelValues: true,
  dead: true,
  keepDead: true,
  states: true,
  namespace: true,
  subsystem: true,
  unit: true,
  defaultLabels: true,
  maxSeries: true,
  overflow: true,
  overflowLabels: true,
  maxLabelValues: true,
};
const NAMES = Object.keys(OPTIONS);

/** Warns of options whose names are almost those of a metric's options. */
export function warnOfOptions(config: object, name: string): void {
  warnOfMisspelt(config, NAMES, `the metric ${name}`);
}

/** The rules for a metric's labels and series, which follow from its options. */
export interface LabelRules {
  readonly defaults: LabelDefaults | null;
  readonly limits: SeriesLimits;
  readonly options: LabelOptions;
}

/**
 * Checks the options that concern labels and series.
 *
 * @throws TypeError for an invalid option
 */
export function labelRules(
  type: FamilyType,
  labelNames: readonly string[],
  given: Given,
): LabelRules {
  const names = labelNames.map(String);
  // JavaScript may pass anything.
  const values: unknown = given.labelValues ?? {};
  if (typeof values !== 'object' || Array.isArray(values)) {
    throw unfit('labelValues', 'an object with an array for each label', values);
  }
  const defaults = labelDefaults(names, given.defaultLabels);
  const limits = seriesLimits(type, names, given, defaults);
  return {
    defaults,
    limits,
    options: { defaults, limits: limits.values, overflow: limits.overflow },
  };
}
