/** The objects that can be registered: metrics, and other objects with a `get()`. */

import type { Metric, ScopeOptions } from '../metrics';

/** The members that a registry uses of a metric: any object with a `get()` can be registered. */
export interface DuckMetric {
  name?: string;
  aggregator?: string;
  get(options?: ScopeOptions): unknown;
  getForPromString?(): unknown;
  reset?(): void;
}

/** Anything that was registered. */
export type Registered = Metric | DuckMetric;
