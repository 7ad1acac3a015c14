/**
 * Versions of what dead incarnations had counted: a number that grows, and a random tag. Two hosts may make the same
 * number, after Redis went back to an earlier state; the tags differ then.
 */

import { randomBytes } from 'crypto';

/** No version: nothing was folded yet. */
export const NONE = '';

/** Returns the number of a version; 0 for {@link NONE}. */
export function numberOf(version: string): number {
  return Number.parseInt(version, 10) || 0;
}

/** Returns a version that is later than all of these. */
export function after(...versions: readonly string[]): string {
  const highest = Math.max(...versions.map(numberOf));
  return `${highest + 1}.${randomBytes(6).toString('hex')}`;
}

/** Returns a new incarnation of the host with this origin. Incarnations of one host are numbered from 0. */
export function incarnationOf(origin: string, number: number): string {
  return `${origin}.${number}`;
}
