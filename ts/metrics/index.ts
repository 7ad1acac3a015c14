/** The four types of metrics, and what goes with them. */

export * from './aggregators';
export * from './buckets';
export * from './counter';
export type { IncreaseDataWithExemplar, ObserveDataWithExemplar } from './exemplar';
export * from './gauge';
export * from './histogram';
export { joining } from './joining';
export { home, Metric, scopeOf } from './metric';
export * from './summary';
export type * from './types';
