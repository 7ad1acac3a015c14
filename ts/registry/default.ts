/** The default registry. */

import { home } from '../metrics';
import { storageKind } from '../storage';
import { DEFAULT_TAG } from './contents';
import { Registry } from './registry';

const DEFAULT_REGISTER = Symbol.for('mpmetrics.register.15');

/** One for all copies of this package that count in memory storage; those in the heap meet there. */
function defaultRegistry(): Registry {
  const fresh = new Registry({}, DEFAULT_TAG);
  // Test runners load a module afresh to isolate tests, and expect an empty registry.
  const isolated =
    process.env['JEST_WORKER_ID'] !== undefined || process.env['VITEST'] !== undefined;
  if (isolated || storageKind() !== 'memory') return fresh;
  const shared = globalThis as { [DEFAULT_REGISTER]?: Registry };
  shared[DEFAULT_REGISTER] ??= fresh;
  return shared[DEFAULT_REGISTER];
}

/** The registry of metrics that name none. */
export const register: Registry = defaultRegistry();
Registry.globalRegistry = register;
home.register = register;
