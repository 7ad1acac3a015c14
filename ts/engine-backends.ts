/** Starts the engines that a program chose as its backend, with `configure()` or by the environment. */

import { starters } from './backends';
import { startEngine } from './engines';
import type * as shared from './redis';

starters.engine = startEngine;

starters.redis = (config) => {
  // Loaded when it is chosen: most programs do not use it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the same
  const { redis } = require('./redis') as typeof shared;
  redis(config as unknown as shared.RedisOptions);
};
