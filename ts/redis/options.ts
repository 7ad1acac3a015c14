/** The options of redis(). */

import { hostname } from 'os';

import { unfit } from '../errors';
import { warnOfMisspelt } from '../metrics';
import { register as defaultRegister, type Registry } from '../registry';
import type { RedisOptions } from './api';
import { sendBy } from './client';
import type { Place } from './connection';

/** The names of {@link RedisOptions}. */
const NAMES: readonly (keyof RedisOptions)[] = [
  ...(['url', 'client', 'key', 'flushMs', 'leaseMs', 'timeoutMs', 'register', 'instance'] as const),
  'onUnreachable',
];

/** Options that are checked, with their defaults. */
export interface Checked {
  readonly place: Place;
  readonly key: string;
  readonly flushMs: number;
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly register: Registry;
  readonly instance: string;
  readonly onUnreachable: 'error' | 'local';
}

/** Most milliseconds of an option: an hour. */
const LONGEST = 3_600_000;
/** How many flushes a lease lasts at least, so that a late one does not end it. */
const FLUSHES = 3;

/** @throws TypeError for an invalid option */
export function checked(options: RedisOptions): Checked {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw unfit("redis()'s options", 'an object', options);
  }
  const { key, flushMs = 1_000, leaseMs = 15_000, timeoutMs = 5_000 } = options;
  const { register = defaultRegister, instance = hostname(), onUnreachable = 'error' } = options;
  const place = placeOf(options);
  if (typeof key !== 'string' || key === '') throw unfit('key', 'a text that is not empty', key);
  checkMilliseconds('flushMs', flushMs, 10);
  checkMilliseconds('leaseMs', leaseMs, FLUSHES * flushMs);
  checkMilliseconds('timeoutMs', timeoutMs, 1);
  if (typeof (register as { snapshot?: unknown } | null)?.snapshot !== 'function') {
    throw unfit('register', 'a registry of this package', register);
  }
  if (typeof instance !== 'string' || instance === '') {
    throw unfit('instance', 'a text that is not empty', instance);
  }
  if (onUnreachable !== 'error' && onUnreachable !== 'local') {
    throw unfit('onUnreachable', "'error' or 'local'", onUnreachable);
  }
  warnOfMisspelt(options, NAMES, 'redis()');
  const shared = register as Registry;
  return { place, key, flushMs, leaseMs, timeoutMs, register: shared, instance, onUnreachable };
}

function placeOf({ url, client }: RedisOptions): Place {
  if ((url === undefined) === (client === undefined)) {
    throw new TypeError('redis() takes either url or client');
  }
  if (client !== undefined) {
    sendBy(client);
    return { client };
  }
  if (typeof url !== 'string' || !/^rediss?:\/\/./.test(url)) {
    throw unfit('url', 'a URL that begins with redis:// or rediss://', url);
  }
  return { url };
}

function checkMilliseconds(option: string, value: unknown, least: number): void {
  if (typeof value === 'number' && value >= least && value <= LONGEST) return;
  throw unfit(option, `a number of milliseconds from ${least} to ${LONGEST}`, value);
}
