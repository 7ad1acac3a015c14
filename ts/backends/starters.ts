/**
 * How engines are started. Files of higher ranks set these functions when they are loaded, because this folder may not
 * import them (docs/ARCHITECTURE.md, "Ranks").
 */

import { MpmetricsError } from '../errors';
import type { Configuration } from './configuration';
import type { BackendEngine } from './contract';

/** Functions that start engines. They are called once, at the first metric. */
export const starters: {
  /** Starts an engine: from now on one process of the application pushes to it. */
  engine: ((engine: BackendEngine, config: Configuration) => void) | null;
  /** Starts `mpmetrics/redis`; `config` has its options. */
  redis: ((config: Configuration) => void) | null;
} = { engine: null, redis: null };

/** @throws MpmetricsError `ERR_MPMETRICS_UNSUPPORTED` if nothing that starts engines is loaded */
export function startEngine(engine: BackendEngine, config: Configuration): void {
  if (starters.engine === null) throw absent(`the engine ${engine.name}`);
  starters.engine(engine, config);
}

/** @throws MpmetricsError `ERR_MPMETRICS_UNSUPPORTED` if `mpmetrics/redis` is not there; also what it throws */
export function startRedis(config: Configuration): void {
  if (starters.redis === null) throw absent("the backend 'redis'");
  starters.redis(config);
}

function absent(what: string): MpmetricsError {
  return new MpmetricsError(
    'ERR_MPMETRICS_UNSUPPORTED',
    `${what} cannot be started: this copy of mpmetrics has nothing that starts it`,
  );
}
