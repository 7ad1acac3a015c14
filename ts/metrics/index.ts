/** The four types of metrics, and what goes with them. */

import type { Counter } from './counter';
import type { Gauge } from './gauge';
import type { Histogram } from './histogram';
import type { Summary } from './summary';
import type { Beyond } from './types';

export * from './aggregators';
export * from './buckets';
export * from './counter';
export type { IncreaseDataWithExemplar, ObserveDataWithExemplar } from './exemplar';
export * from './gauge';
export * from './histogram';
export { inspected, ownValues } from './inspection';
export { joining, type Combine } from './joining';
export { hide, LEFT, REPLACE, ROSTER } from './hidden';
export { home, Metric, printsItself, readsItself, runCollect, scopeOf } from './metric';
export * from './summary';
export type * from './types';

/** A metric as prom-client's declarations have it: whatever has these methods may be given for one. */
export type Plain<M> = Omit<M, keyof Beyond> & Beyond;

/** A metric of any type. */
export type AnyMetric<T extends string = string> =
  Plain<Counter<T>> | Plain<Gauge<T>> | Plain<Histogram<T>> | Plain<Summary<T>>;
