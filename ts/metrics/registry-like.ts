/** The public interface of registries, compatible with prom-client's declaration. This file imports no class. */

import type { PrometheusContentType, RegistryContentType } from '../exposition';
import type { AnyMetric } from './api';
import type { StateMetric } from './states-api';
import type {
  MetricObject,
  MetricObjectWithValues,
  MetricValue,
  PrintOptions,
  ScopeOptions,
} from './values';

/* eslint-disable @typescript-eslint/no-explicit-any -- as in api.ts: members that prom-client does not declare */
/** prom-client's Registry as prom-client declares it: any object with these methods is accepted. */
export interface RegistryLike<T extends RegistryContentType = PrometheusContentType> {
  /** The Content-Type of the text that the registry prints. */
  readonly contentType: T;
  /**
   * Returns all metrics as text, after their `collect` has run.
   *
   * @param options scope: `application` (default), `process` or `thread`; contentType: the registry's own if left out
   * @returns a promise, which rejects if a `collect` throws
   */
  metrics(options?: PrintOptions): Promise<string>;
  /** Returns {@link metrics} as UTF-8, in a promise of a Buffer. */
  metricsBuffer?: any;
  /** Returns all metrics as a `Snapshot`, in a promise; takes {@link ScopeOptions}. */
  snapshot?: any;
  /** Writes all metrics into a file for node_exporter's textfile collector; takes a path and options. */
  writeToTextfile?: any;
  /** Returns one metric as text, without a line break at the end; takes the metric and {@link PrintOptions}. */
  getMetricsAsString?: any;
  /** Adds an object whose `collect()` yields several metrics for each scrape. */
  registerCollector?: any;
  /** Removes all metrics, and the default labels. Does not change parts of other processes and threads. */
  clear(): void;
  /** Resets this thread's own part of all metrics. */
  resetMetrics(): void;
  /**
   * Adds a metric. Constructors of metrics call this.
   *
   * @throws Error if another metric has its name
   */
  registerMetric<L extends string>(metric: AnyMetric<L> | StateMetric<L>): void;
  /**
   * Returns all metrics as objects, after their `collect` has run, in the form that `aggregate()` takes.
   *
   * @param filter only metrics with this `aggregator`; may be left out
   * @param options scope: `thread` (default), `process` or `application`
   */
  getMetricsAsJSON(
    filter?: string | ScopeOptions,
    options?: ScopeOptions,
  ): Promise<MetricObjectWithValues<MetricValue<string>>[]>;
  /**
   * Returns all metrics that this thread has registered.
   *
   * @param aggregator only metrics with this `aggregator`; a metric without one counts as `sum`
   */
  getMetricsAsArray(aggregator?: string): MetricObject[];
  /** Removes a metric, which then counts in memory storage. Does not change parts of other processes and threads. */
  removeSingleMetric(name: string): void;
  /** Returns the metric of that name that this thread has registered; undefined if there is none. */
  getSingleMetric<L extends string>(name: string): AnyMetric<L> | undefined;
  /** Sets what is printed before the names of all metrics. */
  setPrefix?: any;
  /** Sets default labels: labels that are printed with every series that does not have them itself. */
  setDefaultLabels(labels: object): void;
  /** Returns the metric of that name as text, without a line break at the end. */
  getSingleMetricAsString(name: string, options?: PrintOptions): Promise<string>;
  /**
   * Sets {@link contentType}.
   *
   * @throws Error for a Content-Type that is not supported
   */
  setContentType(contentType: RegistryContentType): void;
}
/* eslint-enable @typescript-eslint/no-explicit-any */
