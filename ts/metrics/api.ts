/**
 * The public interfaces of metrics and registries, each declared here and nowhere else, as prom-client's declarations
 * are. The classes implement them; this file imports none.
 */

import type { PrometheusContentType, RegistryContentType } from '../exposition';
import type {
  IncreaseDataWithExemplar,
  LabelArgument,
  LabelValues,
  MetricObject,
  MetricObjectWithValues,
  MetricValue,
  MetricValueWithName,
  ObserveDataWithExemplar,
  PrintOptions,
  ScopeOptions,
} from './values';

/* eslint-disable @typescript-eslint/no-explicit-any --
   Users' tests assign objects with prom-client's methods to these types. So what prom-client does not declare is optional, and
   of the one type whose optional members may be called without asking first. What `new` makes has them typed. */

/** What every metric has in addition to prom-client's declarations; an object that stands for one need not have it. */
export interface Beyond {
  /**
   * Removes a series for all processes, also of a gauge; takes what `remove()` takes. The next update starts from zero.
   */
  removeEverywhere?: any;
  /**
   * Resets every process's part: all series are removed, and the one without labels is shown at zero, except for
   * histograms.
   */
  resetEverywhere?: any;
}

/** {@link Beyond} for metrics that `new` makes. */
export interface Everywhere<T extends string> {
  /**
   * Removes a series for all processes, also of a gauge. The next update starts from zero.
   *
   * @param labels a label object; or, as further arguments, a value for each label name
   * @throws Error for labels that are not declared
   */
  removeEverywhere(labels: LabelValues<T>): void;
  removeEverywhere(...values: LabelArgument[]): void;
  /**
   * Resets every process's part: all series are removed, and the one without labels is shown at zero, except for
   * histograms. What others count meanwhile is lost with them.
   */
  resetEverywhere(): void;
}

/** What metrics of all types have. */
interface Common<T extends string> {
  /**
   * Reads the metric, after its `collect`.
   *
   * @param options scope: `application` (default) for the sum over all processes, `process` or
   *   `thread` for the caller's own part
   */
  get(options?: ScopeOptions): Promise<MetricObjectWithValues<MetricValueWithName<T>>>;
  /**
   * Removes a series for all processes; of a gauge only this process's part.
   *
   * @param labels a label object; or, as further arguments, a value for each label name
   * @throws Error for labels that are not declared
   */
  remove(labels: LabelValues<T>): void;
  remove(...values: LabelArgument[]): void;
}

/** A counter with its labels chosen. Its function may be called without it. */
export interface CounterChild {
  /** @param value what to add, not negative; 1 if left out */
  inc: (value?: number) => void;
}

interface CounterMethods<T extends string> extends Common<T> {
  /**
   * Adds to a series.
   *
   * @param labels the labels of the series
   * @param value what to add, finite and not negative; 1 if left out
   * @throws Error for labels that are not declared or a negative value, TypeError for what is no number
   */
  inc(labels: LabelValues<T>, value?: number | null): void;
  /** Adds to the series without labels. */
  inc(value?: number | null): void;
  /**
   * Adds to a series and records an exemplar; for a counter with `enableExemplars`.
   *
   * @throws also RangeError for exemplar labels that are too long, Error for an invalid name of one
   */
  inc(given: IncreaseDataWithExemplar<T>): void;
  /**
   * The counter with its labels chosen: the quickest way to count.
   *
   * @param labels a label object; or, as further arguments, a value for each label name
   * @throws Error if there are not as many values as names
   */
  labels(labels: LabelValues<T>): CounterChild;
  labels(...values: LabelArgument[]): CounterChild;
  /** Resets this process's own part to that of a new metric. */
  reset(): void;
}

/** A value that only grows. */
export interface Counter<T extends string = string> extends CounterMethods<T>, Beyond {}
/** A counter that `new` made. */
export interface NewCounter<T extends string> extends CounterMethods<T>, Everywhere<T> {}

/** A gauge with its labels chosen. Its functions may be called without it. */
export interface GaugeChild<T extends string = string> {
  inc: (value?: number) => void;
  dec: (value?: number) => void;
  set: (value: number) => void;
  /** Sets it to the Unix time in seconds. */
  setToCurrentTime: () => void;
  /** Returns a function that sets the gauge to the seconds since, and returns them. */
  startTimer: () => (labels?: LabelValues<T>) => number;
}

interface GaugeMethods<T extends string> extends Common<T> {
  /**
   * Sets a series.
   *
   * @throws TypeError for a value that is no number (NaN and the infinities are numbers), Error for
   *   labels that are not declared
   */
  set(labels: LabelValues<T>, value: number): void;
  /** Sets the series without labels. */
  set(value: number): void;
  /** Adds to a series; 1 if no value is given. Throws as {@link set} does. */
  inc(labels: LabelValues<T>, value?: number): void;
  inc(value?: number): void;
  /** Subtracts from a series; 1 if no value is given. Throws as {@link set} does. */
  dec(labels: LabelValues<T>, value?: number): void;
  dec(value?: number): void;
  /** Sets a series to the Unix time in seconds. */
  setToCurrentTime(labels?: LabelValues<T>): void;
  /**
   * Starts a timer.
   *
   * @returns a function that sets the gauge to the seconds since, and returns them; its labels are
   *   added to those given here
   */
  startTimer(labels?: LabelValues<T>): (labels?: LabelValues<T>) => number;
  /**
   * The gauge with its labels chosen.
   *
   * @param labels a label object; or, as further arguments, a value for each label name
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): GaugeChild<T>;
  labels(...values: LabelArgument[]): GaugeChild<T>;
  /** Resets this process's own part to that of a new metric. */
  reset(): void;
}

/** A value that goes up and down. */
export interface Gauge<T extends string = string> extends GaugeMethods<T>, Beyond {}
/** A gauge that `new` made. */
export interface NewGauge<T extends string> extends GaugeMethods<T>, Everywhere<T> {}

/** A histogram with its labels chosen. Its functions may be called without it. */
export interface HistogramChild<T extends string = string> {
  /** Counts a value, `count` times at once if that is given; if there is a third argument, `count` is ignored. */
  observe: (value: number, count?: number) => void;
  startTimer: () => (labels?: LabelValues<T>) => number;
}

interface HistogramMethods<T extends string> extends Common<T> {
  /**
   * Counts a value.
   *
   * @param value finite
   * @param count how often the value is counted, at once; a whole number from 0 on
   * @throws TypeError for a value that is no finite number, Error for labels that are not declared
   */
  observe(labels: LabelValues<T>, value: number, count?: number): void;
  /** The same in the series without labels. */
  observe(value: number, count: number): void;
  /**
   * Counts a value in the series without labels; or, of a histogram with `enableExemplars`, in any, and records an
   * exemplar.
   *
   * @throws also RangeError for exemplar labels that are too long, Error for an invalid name of one
   */
  observe(given: number | ObserveDataWithExemplar<T>): void;
  /** Shows a series at zero, or resets this process's part of it to zero. */
  zero(labels?: LabelValues<T>): void;
  /**
   * Starts a timer.
   *
   * @param exemplarLabels with `enableExemplars`: labels of the observation's exemplar
   * @returns a function that observes the seconds since, and returns them; its labels are added to
   *   those given here
   */
  startTimer(
    labels?: LabelValues<T>,
    exemplarLabels?: LabelValues<string>,
  ): (labels?: LabelValues<T>, exemplarLabels?: LabelValues<string>) => number;
  /**
   * The histogram with its labels chosen: the quickest way to observe.
   *
   * @param labels a label object; or, as further arguments, a value for each label name
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): HistogramChild<T>;
  labels(...values: LabelArgument[]): HistogramChild<T>;
  /** Resets this process's own part: no series is shown until its next observation. */
  reset(): void;
}

/** Observations counted in buckets. */
export interface Histogram<T extends string = string> extends HistogramMethods<T>, Beyond {}
/** A histogram that `new` made. */
export interface NewHistogram<T extends string> extends HistogramMethods<T>, Everywhere<T> {}

/** A summary with its labels chosen. Its functions may be called without it. */
export interface SummaryChild<T extends string = string> {
  /** Counts a value, `count` times at once if that is given; if there is a third argument, `count` is ignored. */
  observe: (value: number, count?: number) => void;
  startTimer: () => (labels?: LabelValues<T>) => number;
}

interface SummaryMethods<T extends string> extends Common<T> {
  /**
   * Adds a value.
   *
   * @param value finite
   * @param count how often the value is added, at once; a whole number from 0 on
   * @throws TypeError for a value that is no finite number, Error for labels that are not declared
   */
  observe(labels: LabelValues<T>, value: number, count?: number): void;
  /** The same in the series without labels. */
  observe(value: number, count?: number): void;
  /**
   * Starts a timer.
   *
   * @returns a function that observes the seconds since, and returns them; its labels are added to
   *   those given here
   */
  startTimer(labels?: LabelValues<T>): (labels?: LabelValues<T>) => number;
  /**
   * The summary with its labels chosen: the quickest way to observe.
   *
   * @param labels a label object; or, as further arguments, a value for each label name
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): SummaryChild<T>;
  labels(...values: LabelArgument[]): SummaryChild<T>;
  /** Resets this process's own part of every series to zero; the series are still shown. */
  reset(): void;
}

/** Observations with their sum, their count, and quantiles over all processes. */
export interface Summary<T extends string = string> extends SummaryMethods<T>, Beyond {}
/** A summary that `new` made. */
export interface NewSummary<T extends string> extends SummaryMethods<T>, Everywhere<T> {}

/** A metric of any type: any object with prom-client's methods is accepted. */
export type AnyMetric<T extends string = string> =
  Counter<T> | Gauge<T> | Histogram<T> | Summary<T>;

/** prom-client's Registry, as it is declared there: any object with these methods is accepted. */
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
  /** Removes all metrics, and the default labels. Does not change other processes' parts. */
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
  /** Removes a metric, which goes on in memory storage. Does not change other processes' parts. */
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
