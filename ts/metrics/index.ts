/** The four types of metrics, and what goes with them. */

import type { Counter } from './counter';
import type { Gauge } from './gauge';
import type { Histogram } from './histogram';
import type { Summary } from './summary';

export * from './aggregators';
export * from './buckets';
export * from './counter';
export type { IncreaseDataWithExemplar, ObserveDataWithExemplar } from './exemplar';
export * from './gauge';
export * from './histogram';
export { joining, type Combine } from './joining';
export { hide, LEFT, REPLACE, ROSTER } from './hidden';
export { home, Metric, printsItself, readsItself, runCollect, scopeOf } from './metric';
export * from './summary';
export type * from './types';

/** A metric of any type. */
export type AnyMetric<T extends string = string> =
  Counter<T> | Gauge<T> | Histogram<T> | Summary<T>;
