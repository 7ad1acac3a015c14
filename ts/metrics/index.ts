/** The types of metrics, and what goes with them. */

export * from './aggregators';
export type { AnyMetric } from './api';
export * from './buckets';
export type { GaugeConfiguration, Registers } from './configuration';
export { Counter } from './counter';
export { Gauge } from './gauge';
export { hide, LEFT, REPLACE, ROSTER } from './hidden';
export { Histogram } from './histogram';
export { Info } from './info';
export { inspected, ownValues } from './inspection';
export { joining, type Combine } from './joining';
export { warnOfMisspelt } from './misspelt';
export { home, Metric, printsItself, readsItself, runCollect, scopeOf } from './metric';
export type { RegistryLike } from './registry-like';
export { Enum, StateSet } from './states';
export { Summary } from './summary';
export type * from './values';
