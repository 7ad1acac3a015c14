/** Registries: which metrics belong together, and how a scrape of them is made. */

export type { CollectorOptions, MetricCollector, YieldedMetric } from './collectors';
export type { Contents } from './contents';
export type { DuckMetric } from './registered';
export { claim, disclaim, isClaimedElsewhere } from './copies';
export { register } from './default';
export { showHosts } from './hosts';
export { rewrite } from './rewriting';
export { contentsOf, Registry, type RegistryOptions } from './registry';
export { checkedTextfile, type TextfileOptions } from './textfile';
export { Union } from './union';
