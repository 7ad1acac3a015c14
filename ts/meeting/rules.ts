/** The rules of the settings of `configure()`. */

import { isAbsolute } from 'path';

import { isCellBackend, isEngine, redacted } from '../backends';
import { MpmetricsError } from '../errors';
import { AGGREGATORS, GAUGE_PATTERN, SEGMENT_NAME, type Settings } from './settings';

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
  backend: [
    "'heap', 'memory', 'redis', the path or the package of a module, a class, or an object with a method open (a backend of cells) or push (an engine)",
    (value) =>
      (typeof value === 'string' && value !== '') ||
      typeof value === 'function' ||
      isCellBackend(value) ||
      isEngine(value),
  ],
  backendConfig: [
    'an object',
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  ],
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
 * Checks settings.
 *
 * @param config from a program, or from a file
 * @param origin of the settings, as messages name it: `configure()`, or the path of a file
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` that names the setting, its value and the rule
 */
export function checkSettings(config: unknown, origin = 'configure()'): asserts config is Settings {
  const own = origin === 'configure()';
  if (typeof config !== 'object' || config === null) {
    throw invalid(`configure() takes an object, and was given ${show(config)}`);
  }
  for (const [key, value] of Object.entries(config) as [string, unknown][]) {
    if (!Object.hasOwn(RULES, key)) {
      const known = Object.keys(RULES).join(', ');
      throw invalid(`${origin} knows no setting ${show(key)}; there are ${known}`);
    }
    const [sentence, keeps] = RULES[key as keyof Settings];
    if (value !== undefined && !keeps(value)) {
      const where = own ? `configure({ ${key} })` : `${key} in ${origin}`;
      const shown = key.startsWith('backend') ? redacted(value) : value;
      throw invalid(`${where} must be ${sentence}, and is ${show(shown)}`);
    }
  }
  const { backend, storage } = config as Settings;
  if (backend !== undefined && storage !== undefined && backend !== storage) {
    const where = own ? 'configure({ backend, storage })' : `backend and storage in ${origin}`;
    throw invalid(
      `${where} must name one storage: they are ${show(redacted(backend))} and ${show(storage)}`,
    );
  }
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
