/** Registries: which metrics belong together, and how a scrape of them is made. */

export type { Contents, DuckMetric } from './contents';
export { claim, disclaim } from './copies';
export { register } from './default';
export { contentsOf, Registry, type RegistryOptions } from './registry';
export { checkedTextfile, type TextfileOptions } from './textfile';
export { Union } from './union';
