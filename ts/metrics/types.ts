/** The types of the public API: prom-client's names where it has them. */

import type { Scope } from '../native';
import type { PrometheusContentType, RegistryContentType } from '../exposition';
import type { MetricType } from '../storage';
import type { AnyMetric } from './index';
import type { REPLACE } from './hidden';

/** How the parts of several processes become one value. */
export type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';

/** A gauge's {@link Aggregator}: three more. */
export type GaugeAggregator = Aggregator | 'all' | 'mostrecent' | 'shared';

/** A label's value where labels are told by their values alone. */
export type LabelArgument = string | number | boolean;

/** Labels with their values; a label that is left out is another series than one that is ''. */
export type LabelValues<T extends string> = Partial<Record<T, string | number>>;

export type { Scope };

/** Whose parts are shown. */
export interface ScopeOptions {
  /** `application` for the sum over all processes and threads, `process` or `thread` for the caller's own part. */
  scope?: Scope;
}

/** How a registry is printed. */
export interface PrintOptions extends ScopeOptions {
  /** Another Content-Type than the registry's own, this once. */
  contentType?: RegistryContentType;
}

/** The type of a metric, as its JSON says it. */
export type { MetricType };

/** A metric as `getMetricsAsArray()` and JSON show it. */
export interface MetricObject {
  name: string;
  help: string;
  type: MetricType;
  aggregator: Aggregator;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in prom-client, for a metric of any type
  collect: CollectFunction<any>;
}

/** What `get()` resolves with. */
export interface MetricObjectWithValues<T extends MetricValue<string>> extends MetricObject {
  values: T[];
}

/** A value with its labels. */
export interface MetricValue<T extends string> {
  value: number;
  labels: LabelValues<T>;
}

/** A value of a histogram or summary: its name says which of the rows it is. */
export interface MetricValueWithName<T extends string> extends MetricValue<T> {
  metricName?: string;
  exemplar?: unknown;
}

/** A callback that sets metrics. */
export type Collector = () => void;

/* eslint-disable @typescript-eslint/no-explicit-any --
   Users' tests assign objects with prom-client's methods to these types. So what prom-client does not declare is optional, and
   of the one type whose optional members may be called without asking first. What `new` makes has them typed. */

/** What every metric has beyond what prom-client declares; an object that stands for one need not have it. */
export interface Beyond {
  /**
   * Removes a series for all processes, also of a gauge; takes what `remove()` takes. Whoever updates it next starts
   * from zero.
   */
  removeEverywhere?: any;
  /**
   * Sets every process's part back: all series are removed, and but for histograms the one without labels is shown at
   * zero.
   */
  resetEverywhere?: any;
}

/** prom-client's Registry, as its declarations have it: whatever has these methods may be given for one. */
export interface RegistryLike<T extends RegistryContentType = PrometheusContentType> {
  /** The Content-Type of its text. */
  readonly contentType: T;
  /**
   * All metrics as text, after their `collect`.
   *
   * @param options scope: `application` (default), `process` or `thread`; contentType: the registry's own if left out
   * @returns rejects if a `collect` throws
   */
  metrics(options?: PrintOptions): Promise<string>;
  /** {@link metrics} as UTF-8: a promise of a Buffer. */
  metricsBuffer?: any;
  /** One metric as text, without a line break at the end; takes the metric and the options of {@link metrics}. */
  getMetricsAsString?: any;
  /** Takes all metrics off, and the default labels. Other processes' parts are not touched. */
  clear(): void;
  /** Resets this process's own part of all metrics. */
  resetMetrics(): void;
  /**
   * Adds a metric; its constructor does so by itself.
   *
   * @throws Error if another metric has its name
   */
  registerMetric<L extends string>(metric: AnyMetric<L>): void;
  /**
   * All metrics as objects, after their `collect`, as `aggregate()` takes them.
   *
   * @param filter only metrics with this `aggregator`; may be left out
   * @param options scope: `thread` (default), `process` or `application`
   */
  getMetricsAsJSON(
    filter?: string | ScopeOptions,
    options?: ScopeOptions,
  ): Promise<MetricObjectWithValues<MetricValue<string>>[]>;
  /**
   * All metrics of this process's registry.
   *
   * @param aggregator only those with this `aggregator`; one that has none counts as `sum`
   */
  getMetricsAsArray(aggregator?: string): MetricObject[];
  /** Takes a metric off; it goes on privately. Other processes' parts are not touched. */
  removeSingleMetric(name: string): void;
  /** The metric of that name in this process. */
  getSingleMetric<L extends string>(name: string): AnyMetric<L> | undefined;
  /** Sets labels that are printed with every series that does not have them itself. */
  setDefaultLabels(labels: object): void;
  /** The metric of that name as text, without a line break at the end. */
  getSingleMetricAsString(name: string, options?: PrintOptions): Promise<string>;
  /** @throws Error for a Content-Type that is not supported */
  setContentType(contentType: RegistryContentType): void;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** What a metric needs of a registry. */
export interface Registers {
  readonly contentType?: string;
  registerMetric(metric: never): void;
  getSingleMetric?(name: string): unknown;
  removeSingleMetric?(name: string): void;
  /** @internal */
  [REPLACE]?(there: never, metric: never): void;
}

/** What every metric is configured with. */
export interface MetricConfiguration<T extends string> {
  /** `[a-zA-Z_:][a-zA-Z0-9_:]*` */
  name: string;
  help: string;
  labelNames?: T[] | readonly T[];
  /** Registries to be shown on; the default one if left out, none if empty. */
  registers?: RegistryLike<RegistryContentType>[];
  /** How the parts of several processes become one value; their sum if left out. The last three are for gauges. */
  aggregator?: GaugeAggregator;
  /** Called before the metric is read, with `this` the metric. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in prom-client, so that `this` is of any type
  collect?: CollectFunction<any>;
  /**
   * What happens if a registry has a metric of that name: 'throw' (default), or 'reuse' for the new one to take
   * its place and go on from its counts. The old object still counts, too; its `collect` is not called any more.
   * They must not differ in type, help, label names, aggregator, buckets or percentiles.
   */
  ifExists?: 'throw' | 'reuse';
  /**
   * Seconds without an update by any process or thread after which a series is taken out, for all of them; it is
   * taken out by one and a half times that, and made again by the next update. No update is lost by it. Of
   * other processes only updates that change a value are noticed. A gauge's series is taken out of each process by
   * itself. Series without labels, and those of `labelValues`, stay.
   */
  ttlSeconds?: number;
  /** Values of each label: every combination is shown from the beginning, at zero, and again after `reset()`. */
  labelValues?: Readonly<Record<T, readonly (string | number)[]>>;
  /**
   * Counters and histograms: `inc()` and `observe()` take one object `{ labels, value, exemplarLabels }`, as in prom-client.
   * Refused on a registry that does not print OpenMetrics.
   */
  enableExemplars?: boolean;
}

/** Sets a metric's values just before it is read. */
export type CollectFunction<M> = (this: M) => void | Promise<void>;
