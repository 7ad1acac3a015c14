/** The options of redis(). */

import { hostname } from 'os';

import { unfit } from '../errors';
import { warnOfMisspelt } from '../metrics';
import { register as defaultRegister, type Registry } from '../registry';
import { sendBy, type RedisClient } from './client';
import type { Place } from './connection';

/** Options of {@link redis}. */
export interface RedisOptions {
  /** Where Redis is, as in `redis://user:password@host:6379/0` or `rediss://…`. Needs the package `redis`. */
  url?: string;
  /**
   * A client of the program's own, in place of `url`: of redis, ioredis, iovalkey or @valkey/valkey-glide, also for a
   * cluster. It has to be connected, or to connect by itself, and is not closed.
   */
  client?: RedisClient;
  /**
   * The key of the hash in Redis. Hosts with the same key are one. In a cluster its tag, such as `{shop}`, says in which
   * slot it is.
   */
  key: string;
  /** Milliseconds between two flushes; 1000 if left out. */
  flushMs?: number;
  /**
   * Milliseconds after its last flush until a host counts as dead, and its gauges are not shown any more; 15000 if left
   * out. At least three times `flushMs`.
   */
  leaseMs?: number;
  /** Milliseconds that a command may take; 5000 if left out. */
  timeoutMs?: number;
  /** The registry that is shared; the default registry if left out. */
  register?: Registry;
  /** The host's name: the label `instance` of gauges whose values are shown by host; the system's name if left out. */
  instance?: string;
  /**
   * What a scrape of all hosts gets while Redis cannot be reached: status 503 (`error`, the default), or what this host
   * alone has counted (`local`), which Prometheus takes for a reset of all counters.
   */
  onUnreachable?: 'error' | 'local';
}

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
  if (typeof (register as Partial<Registry> | null)?.snapshot !== 'function') {
    throw unfit('register', 'a registry of this package', register);
  }
  if (typeof instance !== 'string' || instance === '') {
    throw unfit('instance', 'a text that is not empty', instance);
  }
  if (onUnreachable !== 'error' && onUnreachable !== 'local') {
    throw unfit('onUnreachable', "'error' or 'local'", onUnreachable);
  }
  warnOfMisspelt(options, NAMES, 'redis()');
  return { place, key, flushMs, leaseMs, timeoutMs, register, instance, onUnreachable };
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
