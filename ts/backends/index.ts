/** Backends of the user's own: the contract with them, loading them, and `buffered()`. */

export { buffered, type BufferedBackend, type BufferedOptions } from './buffered';
export type { SlowBackend, SlowCell } from './buffered';
export { readConfiguration, redacted, type Configuration } from './configuration';
export * from './contract';
export { Deltas, tell, type Told } from './deltas';
export { backendFailures, failed, OPERATIONS, watch } from './failures';
export { load, make, pathOf, type Made } from './module';
export { startEngine, starters, startRedis } from './starters';
