/** Limits on a metric's series, and the series in which updates beyond the limits count. */

import { shown, unfit } from '../errors';
import { asText, ValueLimits, type LabelDefaults, type ValueLimit } from '../labels';
import { configured } from '../meeting';
import { plainType, type FamilyType } from '../storage';

/** The options that limit a metric's series. */
export interface LimitOptions {
  readonly maxSeries?: unknown;
  readonly overflow?: unknown;
  readonly overflowLabels?: unknown;
  readonly maxLabelValues?: unknown;
  readonly labelValues?: Readonly<Record<string, unknown>> | undefined;
}

/** The checked {@link LimitOptions}. */
export interface SeriesLimits {
  readonly maxSeries: number | undefined;
  /** The labels of the series in which updates of refused series count; null to drop these updates. */
  readonly overflow: object | null;
  readonly values: ValueLimits | null;
}

/** The label value that replaces others by default. */
const OTHER = 'other';

/** The largest number of series that a segment may have. */
const MOST = 2 ** 23;

/**
 * Checks the options that limit a metric's series.
 *
 * @param defaults the default values of labels, which count as values of their labels
 * @throws TypeError for an invalid option, or one that gauges do not have: values of gauges do not add up
 */
export function seriesLimits(
  type: FamilyType,
  labelNames: readonly string[],
  options: LimitOptions,
  defaults: LabelDefaults | null,
): SeriesLimits {
  const { maxSeries, overflow, overflowLabels, maxLabelValues } = options;
  if (maxSeries !== undefined && !isLimit(maxSeries)) {
    throw unfit('maxSeries', `a whole number from 1 to ${MOST}`, maxSeries);
  }
  if (overflow !== undefined && overflow !== 'drop' && overflow !== 'other') {
    throw unfit('overflow', "'drop' or 'other'", overflow);
  }
  if (plainType(type) === 'gauge') {
    const [option] = Object.entries({ overflowLabels, maxLabelValues }).find(
      ([, value]) => value !== undefined,
    ) ?? [overflow === 'other' ? "overflow: 'other'" : undefined];
    if (option !== undefined) {
      throw new TypeError(`${option} is not possible for a gauge, whose values do not add up`);
    }
    return { maxSeries, overflow: null, values: null };
  }
  const instead = insteadOf(labelNames, overflowLabels);
  const others = (overflow ?? configured().overflow) === 'other' && labelNames.length > 0;
  return {
    maxSeries,
    overflow: others ? Object.fromEntries(instead) : null,
    values: valueLimits(labelNames, maxLabelValues, instead, options.labelValues, defaults),
  };
}

/** Returns, for each label, the value that replaces others. */
function insteadOf(labelNames: readonly string[], option: unknown): Map<string, string> {
  const given = labelled('overflowLabels', labelNames, option);
  return new Map(
    labelNames.map((name) => {
      const value = given.get(name) ?? OTHER;
      if (!['string', 'number', 'boolean'].includes(typeof value)) {
        throw unfit(`overflowLabels.${name}`, 'a string, a number or a boolean', value);
      }
      return [name, asText(value)];
    }),
  );
}

function valueLimits(
  labelNames: readonly string[],
  option: unknown,
  instead: ReadonlyMap<string, string>,
  labelValues: Readonly<Record<string, unknown>> | undefined,
  defaults: LabelDefaults | null,
): ValueLimits | null {
  const given = labelled('maxLabelValues', labelNames, option);
  if (given.size === 0) return null;
  const limits = new Map<string, ValueLimit>();
  for (const [name, most] of given) {
    if (!isLimit(most)) {
      throw unfit(`maxLabelValues.${name}`, `a whole number from 1 to ${MOST}`, most);
    }
    limits.set(name, { most, instead: instead.get(name)! });
  }
  const values = new ValueLimits(limits);
  for (const name of labelNames) {
    if (defaults?.has(name) === true) values.allow(name, defaults.of(name));
    const initial = labelValues?.[name];
    if (Array.isArray(initial)) for (const value of initial as unknown[]) values.allow(name, value);
  }
  return values;
}

/** Returns the entries of an option that is an object with names of labels. */
function labelled(
  option: string,
  labelNames: readonly string[],
  given: unknown,
): Map<string, unknown> {
  if (given === undefined || given === null) return new Map();
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw unfit(option, 'an object with names of labels', given);
  }
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [name] of entries) {
    if (labelNames.includes(name)) continue;
    throw new TypeError(
      `${option} has ${shown(name)}, which is none of the labels (${labelNames.join(', ')})`,
    );
  }
  return new Map(entries);
}

function isLimit(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MOST;
}
