/** The settings of the file that `MPMETRICS_CONFIG` names. They count less than those of `configure()`. */

import { resolve } from 'path';

import { readConfiguration } from '../backends';
import { messageOf, warnOnce } from '../errors';
import { variable } from './decide';
import { checkSettings } from './rules';
import { settings, type Settings } from './settings';

const VARIABLE = 'MPMETRICS_CONFIG';

/** Settings that have variables of their own, which take precedence over the file. */
const OWN_VARIABLES: Readonly<Partial<Record<keyof Settings, readonly string[]>>> = {
  segment: ['MPMETRICS_SEGMENT'],
  storage: ['MPMETRICS_STORAGE', 'MPMETRICS_BACKEND'],
  backend: ['MPMETRICS_BACKEND', 'MPMETRICS_STORAGE'],
  backendConfig: ['MPMETRICS_BACKEND_CONFIG'],
  dir: ['MPMETRICS_DIR'],
  aggregators: ['MPMETRICS_AGGREGATORS'],
};

/** What was taken from the file; null before it was read. */
let taken: Settings | null = null;

/**
 * Returns the settings in effect. The first call reads the file. If the file cannot be used, warns, and goes on without
 * it.
 */
export function configured(): Settings {
  if (taken !== null) return settings;
  try {
    readSettings();
  } catch (error) {
    taken = {};
    warnOnce('MPMETRICS_CONFIG', `${VARIABLE} is ignored: ${messageOf(error)}`, VARIABLE);
  }
  return settings;
}

/**
 * Reads the file, again if it was read before.
 *
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if it cannot be read, is no JSON object, or breaks a rule; the settings
 *   are then without those of the file
 */
export function readSettings(): void {
  for (const [key, value] of Object.entries(taken ?? {})) {
    if (settings[key as keyof Settings] === value) Reflect.deleteProperty(settings, key);
  }
  taken = null;
  const said = variable(VARIABLE);
  const found: unknown = said === undefined ? {} : readConfiguration(VARIABLE, said);
  checkSettings(found, said?.trimStart().startsWith('{') === false ? resolve(said) : VARIABLE);
  taken = {};
  const kept: string[] = [...Object.keys(settings)];
  // `storage` and `backend` are one choice.
  if (settings.backend !== undefined) kept.push('storage');
  if (settings.storage !== undefined) kept.push('backend');
  for (const [key, value] of Object.entries(found) as [keyof Settings, unknown][]) {
    const overruled = OWN_VARIABLES[key]?.some((name) => variable(name) !== undefined) ?? false;
    if (value === undefined || overruled || kept.includes(key)) continue;
    Object.assign(settings, { [key]: value });
    Object.assign(taken, { [key]: value });
  }
}

/** Whether the program made a setting, so that it does not come from the file. */
export function saidByProgram(key: keyof Settings): boolean {
  return settings[key] !== undefined && settings[key] !== taken?.[key];
}
