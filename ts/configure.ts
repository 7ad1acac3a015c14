/** `configure()`: the user's settings. */

import { isAbsolute } from 'path';

import { MpmetricsError } from './errors';
import { AGGREGATORS, apply, GAUGE_PATTERN, SEGMENT_NAME, type Settings } from './meeting';

export type { Settings } from './meeting';

/** A rule for a setting: its sentence for error messages, and a function that checks a value. */
type Rule = readonly [sentence: string, keeps: (value: unknown) => boolean];

const SERIES: Rule = [
  'a whole number of series from 1 to 8388608',
  (value) => isWhole(value, 1, 2 ** 23),
];

const RULES: Readonly<Record<keyof Settings, Rule>> = {
  segment: [
    'an absolute path or a name of 1 to 64 of a-z, 0-9 and -',
    (value) => typeof value === 'string' && (isAbsolute(value) || SEGMENT_NAME.test(value)),
  ],
  storage: ["'heap' or 'memory'", (value) => value === 'heap' || value === 'memory'],
  dir: ['an absolute path', (value) => typeof value === 'string' && isAbsolute(value)],
  mode: [
    'a number of permission bits: 0o600 and maybe bits of 0o066',
    (value) => isWhole(value, 0o600, 0o666) && (value & 0o600) === 0o600 && (value & ~0o666) === 0,
  ],
  gid: ['the number of a group', (value) => isWhole(value, 0, 2 ** 32 - 2)],
  maxBytes: [
    'a whole number of bytes from 1048576 to 4e12',
    (value) => isWhole(value, 2 ** 20, 4e12),
  ],
  maxSeries: SERIES,
  maxSeriesPerMetric: SERIES,
  maxLabelValueBytes: [
    'a whole number of bytes from 1 to 65536',
    (value) => isWhole(value, 1, 2 ** 16),
  ],
  maxTextBytes: [
    'a whole number of bytes from 65536 to 4e12',
    (value) => isWhole(value, 2 ** 16, 4e12),
  ],
  aggregators: [
    `an object that gives names of gauges, in which * stands for any characters, one of these aggregators: ${AGGREGATORS.join(', ')}`,
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.entries(value).every(
        ([pattern, name]) => GAUGE_PATTERN.test(pattern) && AGGREGATORS.includes(name as never),
      ),
  ],
  overflow: ["'drop' or 'other'", (value) => value === 'drop' || value === 'other'],
  collectTimeout: [
    'a number of milliseconds from 0 to 2147483647',
    (value) => typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1,
  ],
  required: ['true or false', (value) => typeof value === 'boolean'],
};

/**
 * Decides where metrics are kept. Nothing has to be configured; call it before the first metric is made, in
 * every process that is to use the same segment. May be called again for further settings.
 *
 * @param config see {@link Settings} for each setting's unit and meaning
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if a value breaks its rule, if there is no such setting, or if a
 *   segment or memory storage is already in use and the settings choose another one. With `required: true`, the call
 *   opens the segment, and throws the error if that fails. A call that throws changes nothing.
 */
export function configure(config: Settings): void {
  if (typeof config !== 'object' || config === null) {
    throw invalid(`configure() takes an object, and was given ${show(config)}`);
  }
  for (const [key, value] of Object.entries(config)) {
    if (!Object.hasOwn(RULES, key)) {
      const known = Object.keys(RULES).join(', ');
      throw invalid(`configure() knows no setting ${show(key)}; there are ${known}`);
    }
    const [sentence, keeps] = RULES[key as keyof Settings];
    if (value !== undefined && !keeps(value)) {
      throw invalid(`configure({ ${key} }) must be ${sentence}, and is ${show(value)}`);
    }
  }
  apply(config);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function invalid(message: string): MpmetricsError {
  return new MpmetricsError('ERR_MPMETRICS_INVALID', message);
}

function show(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // JSON has no text for a bigint, or an object that contains itself.
    return String(value);
  }
}
