/** The configurations of metrics, and the constructors that take them: types of the public API. */

import type { RegistryContentType } from '../exposition';
import type { NewCounter, NewGauge, NewHistogram, NewSummary } from './api';
import type { RegistryLike } from './registry-like';
import type { REPLACE } from './hidden';
import type { CollectFunction, GaugeAggregator, LabelValues } from './values';

/** The members of a registry that a metric uses. */
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
  /** Comes before `subsystem` and `name`, joined by `_`. */
  namespace?: string;
  /** Comes between `namespace` and `name`, joined by `_`. */
  subsystem?: string;
  /**
   * The unit of the values, such as `seconds`. It is appended to the name, joined by `_`, unless the name ends with `_`
   * and the unit; in a counter's name it comes before `_total`. In the OpenMetrics format, a registry prints the unit
   * of each metric that it has itself, but not of metrics that only other processes have.
   */
  unit?: string;
  help: string;
  labelNames?: T[] | readonly T[];
  /**
   * Values of labels that an update leaves out, or for which it gives undefined. If all labels have one, `inc()` without
   * labels counts in that series, which is shown from the declaration on.
   */
  defaultLabels?: LabelValues<T>;
  /** Registries that show the metric; the default registry if left out, none if empty. */
  registers?: RegistryLike<RegistryContentType>[];
  /** How the parts of several processes become one value; their sum if left out. Some values are for gauges only. */
  aggregator?: GaugeAggregator;
  /** Called before the metric is read; `this` is the metric. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in prom-client, so that `this` is of any type
  collect?: CollectFunction<any>;
  /**
   * What happens if a registry already has a metric of that name. 'throw' (default) throws an Error. With 'reuse', the
   * new metric replaces the existing one and continues its counts. Updates of the old object count, too, but its
   * `collect` is not called any more. The two metrics must not differ in type, help, label names, aggregator, buckets,
   * percentiles, `maxAgeSeconds`, `ageBuckets`, `pruneAgedBuckets`, `enableExemplars`, `ttlSeconds`, `dead`, `keepDead`,
   * states, `defaultLabels`, `maxSeries`, `overflow`, `overflowLabels` or `maxLabelValues`.
   */
  ifExists?: 'throw' | 'reuse';
  /**
   * Seconds without an update by any process or thread after which a series is removed for all of them. Unless the
   * machine is overloaded, the series is removed within one and a half times that time, or within twice that time if
   * all processes that updated it have ended. The next update makes it again. The removal loses no update that is a
   * plain store. These updates are plain stores: on x86-64, except under Electron, those of counters, histograms and
   * summaries; on Arm processors with LSE, those of counters. An update by another process is noticed only if it
   * changes a value. Of a gauge's series, each process or thread removes its own part. Series without labels, and those
   * of `labelValues`, are not removed.
   */
  ttlSeconds?: number;
  /**
   * Values of each label; may be left out for labels with a default value. Every combination is shown at zero from the
   * declaration on, and again after `reset()`.
   */
  labelValues?: Readonly<Partial<Record<T, readonly (string | number)[]>>>;
  /**
   * Maximum number of series of the metric, those of all processes, besides the limits of `configure()`. Further label
   * sets are refused: see `overflow`. Of a gauge, updates of refused series are dropped.
   */
  maxSeries?: number;
  /**
   * For counters and histograms: `inc()` and `observe()` take one object `{ labels, value, exemplarLabels }`, as in
   * prom-client. The constructor throws if a registry does not print OpenMetrics.
   */
  enableExemplars?: boolean;
}

/** The options of counters, histograms and summaries for label sets that are refused for want of room. */
export interface OverflowConfiguration<T extends string> {
  /**
   * What becomes of updates of refused series: `drop` (default, unless `configure()` chooses the other) drops and counts
   * them; with `other` they count in one series whose labels all have the value `other`, so that totals stay right. This
   * series is one of `maxSeries`, and is shown at zero from the declaration on.
   */
  overflow?: 'drop' | 'other';
  /** Other values than `other` for the labels of that series, and for `maxLabelValues`. */
  overflowLabels?: LabelValues<T>;
  /**
   * Maximum number of values that a label has, in the series of all processes. The value `other` takes the place of
   * every further one.
   */
  maxLabelValues?: Readonly<Partial<Record<T, number>>>;
}

/** The configuration of a counter. */
export interface CounterConfiguration<T extends string>
  extends MetricConfiguration<T>, OverflowConfiguration<T> {
  collect?: CollectFunction<NewCounter<T>>;
}

/** The configuration of a gauge. */
export interface GaugeConfiguration<T extends string> extends MetricConfiguration<T> {
  /**
   * How the parts of the living processes and threads become one value; their sum if left out. Only gauges have these:
   *
   * - `all` shows each part as a series of its own, with the label `pid` and, for a worker thread, the label `thread`
   * - `mostrecent` shows the part that was set, or added to, last
   * - `shared` has one value for all processes: each can set it, add to it and subtract from it, and it stays when a
   *   process dies
   *
   * The Python client's names for the living, `livesum`, `liveall`, `livemin`, `livemax` and `livemostrecent`, are other
   * names of `sum`, `all`, `min`, `max` and `mostrecent`.
   */
  aggregator?: GaugeAggregator;
  /**
   * With 'keep', the parts of processes and threads that have ended count, too, as with the Python client's modes whose
   * names do not begin with `live`: by the aggregator `sum` (default), `first`, `min`, `max`, `mostrecent` or `all`.
   * `remove()` and `reset()` leave them; `removeEverywhere()` and `resetEverywhere()` remove them. Not with
   * `ttlSeconds`.
   */
  dead?: 'keep';
  /**
   * With `dead: 'keep'` and the aggregator `all`: how many ended processes and threads are shown, from 1 to 10,000. Of
   * more, those that ended first are left out, and `mpmetrics_dropped_lives_total` counts them. Default 64.
   */
  keepDead?: number;
  collect?: CollectFunction<NewGauge<T>>;
}

/** The configuration of a histogram. */
export interface HistogramConfiguration<T extends string>
  extends MetricConfiguration<T>, OverflowConfiguration<T> {
  /** Upper bounds. They are neither sorted nor checked for duplicates, as in prom-client. */
  buckets?: number[];
  collect?: CollectFunction<NewHistogram<T>>;
}

/** The configuration of a summary. */
export interface SummaryConfiguration<T extends string>
  extends MetricConfiguration<T>, OverflowConfiguration<T> {
  /** Quantiles to show, each from 0 to 1; 0.01, 0.05, 0.5, 0.9, 0.95, 0.99 and 0.999 if left out. */
  percentiles?: number[];
  /**
   * Seconds after which an observation does not count in quantiles any more; needs `ageBuckets`. The sum and the count
   * keep the observation.
   */
  maxAgeSeconds?: number;
  /** Number of sub-windows of `maxAgeSeconds`, which expire one after another. More than 64 count as 64. */
  ageBuckets?: number;
  /** Whether a scrape removes series without an observation in the last `maxAgeSeconds`, instead of showing them. */
  pruneAgedBuckets?: boolean;
  /** Accepted, but has no effect: buckets are never compressed. */
  compressCount?: number;
  collect?: CollectFunction<NewSummary<T>>;
}

/** The constructor of counters. */
export interface CounterClass {
  new <T extends string = string>(config: CounterConfiguration<T>): NewCounter<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in TypeScript's type of a generic class
  readonly prototype: NewCounter<any>;
}

/** The constructor of gauges. */
export interface GaugeClass {
  new <T extends string = string>(config: GaugeConfiguration<T>): NewGauge<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in TypeScript's type of a generic class
  readonly prototype: NewGauge<any>;
}

/** The constructor of histograms. */
export interface HistogramClass {
  new <T extends string = string>(config: HistogramConfiguration<T>): NewHistogram<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in TypeScript's type of a generic class
  readonly prototype: NewHistogram<any>;
}

/** The constructor of summaries. */
export interface SummaryClass {
  new <T extends string = string>(config: SummaryConfiguration<T>): NewSummary<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in TypeScript's type of a generic class
  readonly prototype: NewSummary<any>;
}
