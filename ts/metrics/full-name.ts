/** The name of a metric: `namespace`, `subsystem`, `name` and `unit`, joined. */

import { shown, unfit } from '../errors';
import type { FamilyType } from '../storage';

/** The options that make a metric's name. */
interface NameOptions {
  readonly name?: unknown;
  readonly namespace?: unknown;
  readonly subsystem?: unknown;
  readonly unit?: unknown;
}

/** The end of a counter's name, which stays the end if the counter has a unit. */
const TOTAL = '_total';

/**
 * Returns a metric's name: its parts joined by `_`, with the unit at the end. As in the Python client, the unit is not
 * appended to a name that ends with it, and stands before `_total` of a counter.
 *
 * @throws TypeError for a part that is given and is no string
 */
export function fullName(
  type: FamilyType,
  { name, namespace, subsystem, unit }: NameOptions,
): string {
  const before = [part('namespace', namespace), part('subsystem', subsystem)];
  const last = part('unit', unit);
  if (last === '' && before.every((one) => one === '')) return name as string;
  const whole = [...before.filter((one) => one !== ''), String(name)].join('_');
  if (last === '') return whole;
  const end = type === 'counter' && whole.endsWith(TOTAL) ? TOTAL : '';
  const base = end === '' ? whole : whole.slice(0, -end.length);
  return (base.endsWith(`_${last}`) ? base : `${base}_${last}`) + end;
}

/** Returns which options a name is made of, for a message; an empty text if `name` is the only one. */
export function piecesOf(options: NameOptions): string {
  const { namespace, subsystem, unit } = options;
  const parts = Object.entries({ namespace, subsystem, unit })
    .filter(([, value]) => typeof value === 'string' && value !== '')
    .map(([option, value]) => `${option} ${shown(value)}`);
  return parts.length === 0 ? '' : ` (with ${parts.join(', ')})`;
}

/** Returns {@link fullName}; the name alone if another part is invalid, for which the constructor throws later. */
export function likelyName(type: FamilyType, options: NameOptions): string {
  try {
    return fullName(type, options);
  } catch {
    return String(options.name);
  }
}

function part(option: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw unfit(option, 'a string', value);
  return value;
}
