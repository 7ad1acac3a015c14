/** The configurations of metrics, and the constructors that take them: types of the public API. */

import type { RegistryContentType } from '../exposition';
import type { NewCounter, NewGauge, NewHistogram, NewSummary, RegistryLike } from './api';
import type { REPLACE } from './hidden';
import type { CollectFunction, GaugeAggregator } from './values';

/** What a metric needs of a registry. */
export interface Registers {
  readonly contentType?: string;
  registerMetric(metric: never): void;
  getSingleMetric?(name: string): unknown;
  removeSingleMetric?(name: string): void;
  /** @internal */
  [REPLACE]?(there: never, metric: never): void;
}

/** The configuration of every metric. */
export interface MetricConfiguration<T extends string> {
  /** `[a-zA-Z_:][a-zA-Z0-9_:]*` */
  name: string;
  help: string;
  labelNames?: T[] | readonly T[];
  /** Registries that show it; the default one if left out, none if empty. */
  registers?: RegistryLike<RegistryContentType>[];
  /** How the parts of several processes become one value; their sum if left out. The last three are for gauges. */
  aggregator?: GaugeAggregator;
  /** Called before the metric is read, with `this` the metric. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in prom-client, so that `this` is of any type
  collect?: CollectFunction<any>;
  /**
   * What happens if a registry has a metric of that name: 'throw' (default), or 'reuse', with which the new one takes
   * its place and goes on from its counts. The old object still counts, too; its `collect` is not called any more. They
   * must not differ in type, help, label names, aggregator, buckets or percentiles.
   */
  ifExists?: 'throw' | 'reuse';
  /**
   * Seconds without an update by any process or thread after which a series is removed, for all of them; it is removed
   * within one and a half times that, and made again by the next update. No update is lost by it. Of other processes
   * only updates that change a value are noticed. A gauge's series is removed for each process by itself. Series
   * without labels, and those of `labelValues`, are not removed.
   */
  ttlSeconds?: number;
  /** Values of each label: every combination is shown at zero, from the declaration on, and again after `reset()`. */
  labelValues?: Readonly<Record<T, readonly (string | number)[]>>;
  /**
   * Counters and histograms: `inc()` and `observe()` take one object `{ labels, value, exemplarLabels }`, as in prom-client.
   * Refused on a registry that does not print OpenMetrics.
   */
  enableExemplars?: boolean;
}

/** The configuration of a counter. */
export interface CounterConfiguration<T extends string> extends MetricConfiguration<T> {
  collect?: CollectFunction<NewCounter<T>>;
}

/** The configuration of a gauge. */
export interface GaugeConfiguration<T extends string> extends MetricConfiguration<T> {
  /**
   * How the parts of the living processes and threads become one value; their sum if left out. `all` shows each by
   * itself, with labels `pid` and, for a worker thread, `thread`; `mostrecent` the one that was set, or added to, last;
   * `shared` is one value for all, which each can set, add to and subtract from, and which no process's death changes.
   */
  aggregator?: GaugeAggregator;
  collect?: CollectFunction<NewGauge<T>>;
}

/** The configuration of a histogram. */
export interface HistogramConfiguration<T extends string> extends MetricConfiguration<T> {
  /** Upper bounds; neither sorted nor checked for duplicates, as in prom-client. */
  buckets?: number[];
  collect?: CollectFunction<NewHistogram<T>>;
}

/** The configuration of a summary. */
export interface SummaryConfiguration<T extends string> extends MetricConfiguration<T> {
  /** Which quantiles are shown, each from 0 to 1; 0.01, 0.05, 0.5, 0.9, 0.95, 0.99 and 0.999 if left out. */
  percentiles?: number[];
  /**
   * Seconds after which an observation does not count in quantiles any more; needs `ageBuckets`. Sum and count keep it.
   */
  maxAgeSeconds?: number;
  /** Steps in which observations of the last `maxAgeSeconds` expire; at most 64. */
  ageBuckets?: number;
  /** Series without an observation in the last `maxAgeSeconds` are not shown any more, and removed. */
  pruneAgedBuckets?: boolean;
  /** Accepted, without effect: buckets are never compressed. */
  compressCount?: number;
  collect?: CollectFunction<NewSummary<T>>;
}

/** The constructor of counters. */
export interface CounterClass {
  new <T extends string = string>(config: CounterConfiguration<T>): NewCounter<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as of a class
  readonly prototype: NewCounter<any>;
}

/** The constructor of gauges. */
export interface GaugeClass {
  new <T extends string = string>(config: GaugeConfiguration<T>): NewGauge<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as of a class
  readonly prototype: NewGauge<any>;
}

/** The constructor of histograms. */
export interface HistogramClass {
  new <T extends string = string>(config: HistogramConfiguration<T>): NewHistogram<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as of a class
  readonly prototype: NewHistogram<any>;
}

/** The constructor of summaries. */
export interface SummaryClass {
  new <T extends string = string>(config: SummaryConfiguration<T>): NewSummary<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as of a class
  readonly prototype: NewSummary<any>;
}
