/** What programs see of mpmetrics/redis. Nothing here names a type of Node.js: see `metrics/api.ts`. */

import type { RegistryContentType } from '../exposition';
import type { RegistryLike } from '../metrics';

/** A client that `redis({ client })` takes. */
export type RedisClient = object;

/** Options of `redis()`. */
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
  register?: RegistryLike<RegistryContentType>;
  /** The host's name: the label `instance` of gauges whose values are shown by host; the system's name if left out. */
  instance?: string;
  /**
   * What a scrape of all hosts gets while Redis cannot be reached: status 503 (`error`, the default), or what this host
   * alone has counted (`local`), which Prometheus takes for a reset of all counters.
   */
  onUnreachable?: 'error' | 'local';
}

/** The metrics of this host, as they are shared. */
export interface Share {
  /** Whether this isolate sends the host's metrics. */
  readonly elected: boolean;
  /** Sends the host's metrics now, if this isolate is elected. Rejects with the error, which has a `reason`. */
  flush(): Promise<void>;
  /**
   * Ends sharing in this isolate. If the isolate is elected, it first sends the metrics one last time; and if it is the
   * host's last one, the host's gauges go at once. Does not reject: an error is counted, and a warning tells it.
   */
  close(): Promise<void>;
}
