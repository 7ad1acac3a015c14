/** Registries: which metrics belong together, and what is printed of them. */

export type { DuckMetric } from './contents';
export { register } from './default';
export { Registry, type RegistryOptions } from './registry';
export { Union } from './union';
