/**
 * The public interfaces of metrics, compatible with prom-client's declarations. Only this file declares
 * them. The classes implement them, and this file imports no class.
 */

import type {
  CountsExceptions,
  CountsExceptionsWithLabels,
  Timer,
  TimesFunctions,
  TimesFunctionsWithLabels,
  TracksFunctions,
  TracksFunctionsWithLabels,
} from './functions-api';
import type { ChoosesLabels, MayChooseLabels } from './paths-api';
import type {
  IncreaseDataWithExemplar,
  LabelArgument,
  LabelValues,
  MetricObjectWithValues,
  MetricValueWithName,
  ObserveDataWithExemplar,
  ScopeOptions,
} from './values';

/* eslint-disable @typescript-eslint/no-explicit-any --
   Users' tests assign objects that have only prom-client's methods to these types. So members that prom-client does not
   declare are optional, and of type `any`: only an optional member of this type can be called without a check. The
   interfaces of the metrics that `new` makes declare these members with their exact types. */

/** The methods that metrics have in addition to prom-client's. An object that replaces a metric need not have them. */
export interface Beyond {
  /**
   * Removes a series for all processes, also if the metric is a gauge. Takes the arguments of `remove()`. The next
   * update starts from zero.
   */
  removeEverywhere?: any;
  /**
   * Resets every process's part: removes all series, then shows the series without labels at zero (not for
   * histograms).
   */
  resetEverywhere?: any;
}

/** Methods that time functions: {@link TimesFunctions}. */
export interface MayTime {
  /** Times a call of a function. */
  time?: any;
  /** Returns a function whose calls are timed, or a decorator. */
  timed?: any;
}

/** Methods that track calls: {@link TracksFunctions}. */
export interface MayTrack {
  /** Counts a call of a function while it runs. */
  trackInProgress?: any;
  /** Returns a function whose calls are counted while they run, or a decorator. */
  trackingInProgress?: any;
}

/** Methods that count errors: {@link CountsExceptions}. */
export interface MayCountExceptions {
  /** Counts the error of a call of a function. */
  countExceptions?: any;
  /** Returns a function whose errors are counted, or a decorator. */
  countingExceptions?: any;
}

/** {@link Beyond} for metrics that `new` makes. */
export interface Everywhere<T extends string> {
  /**
   * Removes a series for all processes, also if the metric is a gauge. The next update starts from zero.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error for labels that are not declared
   */
  removeEverywhere(labels: LabelValues<T>): void;
  removeEverywhere(...values: LabelArgument[]): void;
  /**
   * Resets every process's part: removes all series, then shows the series without labels at zero (not for
   * histograms). Updates that other processes make meanwhile are lost with the series.
   */
  resetEverywhere(): void;
}

/** What `startTimer()` returns, as prom-client declares it. */
type EndsTimer<T extends string> = (labels?: LabelValues<T>) => number;
type EndsTimerWithExemplar<T extends string> = (
  labels?: LabelValues<T>,
  exemplarLabels?: LabelValues<string>,
) => number;

/** The methods of metrics of all types. */
export interface Common<T extends string> {
  /**
   * Reads the metric, after its `collect` has run.
   *
   * @param options scope: `application` (default) for the sum over all processes, `process` or
   *   `thread` for the caller's own part
   */
  get(options?: ScopeOptions): Promise<MetricObjectWithValues<MetricValueWithName<T>>>;
  /**
   * Removes a series for all processes; for a gauge whose aggregator is not `shared`, only this thread's part of it.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error for labels that are not declared
   */
  remove(labels: LabelValues<T>): void;
  remove(...values: LabelArgument[]): void;
}

/** The functions of a counter's child. */
interface CounterFunctions {
  /** @param value the number to add, not negative; 1 if left out */
  inc: (value?: number) => void;
}

/** A counter with its labels chosen. `inc` can be called detached from the object. */
export interface CounterChild extends CounterFunctions, MayCountExceptions, MayChooseLabels {}
/** A counter with its labels chosen, of a counter that `new` made. */
export interface NewCounterChild<T extends string = string>
  extends CounterFunctions, CountsExceptions<T>, ChoosesLabels<T, NewCounterChild<T>> {}

interface CounterMethods<T extends string, Child> extends Common<T> {
  /**
   * Adds to a series.
   *
   * @param labels the labels of the series
   * @param value the number to add, finite and not negative; 1 if left out
   * @throws Error for labels that are not declared or a negative value, TypeError for an infinite value or one that is
   *   not a number (but NaN is accepted, as by prom-client)
   */
  inc(labels: LabelValues<T>, value?: number | null): void;
  /** Adds to the series without labels. */
  inc(value?: number | null): void;
  /**
   * Adds to a series and records an exemplar, if the counter has `enableExemplars`.
   *
   * @throws also RangeError for exemplar labels that are too long, Error for an invalid name of an exemplar label
   */
  inc(given: IncreaseDataWithExemplar<T>): void;
  /**
   * Returns the counter with its labels chosen: the quickest way to count.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error if there are not as many values as names
   */
  labels(labels: LabelValues<T>): Child;
  labels(...values: LabelArgument[]): Child;
  /** Resets this thread's own part to the state of a new metric. */
  reset(): void;
}

/** A value that only grows. */
export interface Counter<T extends string = string>
  extends CounterMethods<T, CounterChild>, Beyond, MayCountExceptions {}
/** A counter that `new` made. */
export interface NewCounter<T extends string>
  extends CounterMethods<T, NewCounterChild<T>>, Everywhere<T>, CountsExceptionsWithLabels<T> {}

/** The functions of a gauge's child. */
interface GaugeFunctions<Started> {
  inc: (value?: number) => void;
  dec: (value?: number) => void;
  set: (value: number) => void;
  /** Sets the gauge to the Unix time in seconds. */
  setToCurrentTime: () => void;
  /** Starts a timer. The returned function sets the gauge to the seconds since the start, and returns them. */
  startTimer: () => Started;
}

/** A gauge with its labels chosen. Its functions can be called detached from the object. */
export interface GaugeChild<T extends string = string>
  extends GaugeFunctions<EndsTimer<T>>, MayTime, MayTrack, MayChooseLabels {}
/** A gauge with its labels chosen, of a gauge that `new` made. */
export interface NewGaugeChild<T extends string = string>
  extends
    GaugeFunctions<Timer<[labels?: LabelValues<T>]>>,
    TimesFunctions<T>,
    TracksFunctions,
    ChoosesLabels<T, NewGaugeChild<T>> {}

interface GaugeMethods<T extends string, Child, Started> extends Common<T> {
  /**
   * Sets a series.
   *
   * @throws TypeError for a value that is no number (NaN and the infinities are numbers), Error for
   *   labels that are not declared
   */
  set(labels: LabelValues<T>, value: number): void;
  /** Sets the series without labels. */
  set(value: number): void;
  /** Adds a value to a series; 1 if no value is given. Throws as {@link set} does. */
  inc(labels: LabelValues<T>, value?: number): void;
  inc(value?: number): void;
  /** Subtracts a value from a series; 1 if no value is given. Throws as {@link set} does. */
  dec(labels: LabelValues<T>, value?: number): void;
  dec(value?: number): void;
  /** Sets a series to the Unix time in seconds. */
  setToCurrentTime(labels?: LabelValues<T>): void;
  /**
   * Starts a timer.
   *
   * @returns a function that sets the gauge to the seconds since the start, and returns them; labels that are given to
   *   that function are added to those given here
   */
  startTimer(labels?: LabelValues<T>): Started;
  /**
   * Returns the gauge with its labels chosen.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): Child;
  labels(...values: LabelArgument[]): Child;
  /** Resets this thread's own part to the state of a new metric. */
  reset(): void;
}

/** A value that goes up and down. */
export interface Gauge<T extends string = string>
  extends GaugeMethods<T, GaugeChild<T>, EndsTimer<T>>, Beyond, MayTime, MayTrack {}
/** A gauge that `new` made. */
export interface NewGauge<T extends string>
  extends
    GaugeMethods<T, NewGaugeChild<T>, Timer<[labels?: LabelValues<T>]>>,
    Everywhere<T>,
    TimesFunctionsWithLabels<T>,
    TracksFunctionsWithLabels<T> {}

/** The functions of a child of a histogram or summary. */
interface ObserverFunctions<Started> {
  /**
   * Observes a value, or observes it `count` times in one update. If there are three arguments, as in a call by
   * `values.forEach(child.observe)`, the second is no count, and is ignored.
   */
  observe: (value: number, count?: number) => void;
  startTimer: () => Started;
}

/** A histogram with its labels chosen. Its functions can be called detached from the object. */
export interface HistogramChild<T extends string = string>
  extends ObserverFunctions<EndsTimer<T>>, MayTime, MayChooseLabels {}
/** A histogram with its labels chosen, of a histogram that `new` made. */
export interface NewHistogramChild<T extends string = string>
  extends
    ObserverFunctions<Timer<[labels?: LabelValues<T>]>>,
    TimesFunctions<T>,
    ChoosesLabels<T, NewHistogramChild<T>> {}

interface HistogramMethods<T extends string, Child, Started> extends Common<T> {
  /**
   * Counts a value.
   *
   * @param value finite
   * @param count how many times the value is counted, in one update; a whole number from 0 on; 1 if left out
   * @throws TypeError for a value that is no finite number, Error for labels that are not declared
   */
  observe(labels: LabelValues<T>, value: number, count?: number): void;
  /** Counts a value `count` times in the series without labels. */
  observe(value: number, count: number): void;
  /**
   * Counts a value in the series without labels. Given an object, if the histogram has `enableExemplars`: counts a
   * value in any series, and records an exemplar.
   *
   * @throws also RangeError for exemplar labels that are too long, Error for an invalid name of an exemplar label
   */
  observe(given: number | ObserveDataWithExemplar<T>): void;
  /** Shows a series at zero. If this thread has a part of the series, resets that part to zero. */
  zero(labels?: LabelValues<T>): void;
  /**
   * Starts a timer.
   *
   * @param exemplarLabels with `enableExemplars`: labels of the observation's exemplar
   * @returns a function that observes the seconds since the start, and returns them; labels that are given to that
   *   function are added to those given here
   */
  startTimer(labels?: LabelValues<T>, exemplarLabels?: LabelValues<string>): Started;
  /**
   * Returns the histogram with its labels chosen: the quickest way to observe.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): Child;
  labels(...values: LabelArgument[]): Child;
  /** Resets this thread's own part: the part of a series is not shown until its next observation. */
  reset(): void;
}

/** Observations counted in buckets. */
export interface Histogram<T extends string = string>
  extends HistogramMethods<T, HistogramChild<T>, EndsTimerWithExemplar<T>>, Beyond, MayTime {}
/** A histogram that `new` made. */
export interface NewHistogram<T extends string>
  extends
    HistogramMethods<
      T,
      NewHistogramChild<T>,
      Timer<[labels?: LabelValues<T>, exemplarLabels?: LabelValues<string>]>
    >,
    Everywhere<T>,
    TimesFunctionsWithLabels<T> {}

/** A summary with its labels chosen. Its functions can be called detached from the object. */
export interface SummaryChild<T extends string = string>
  extends ObserverFunctions<EndsTimer<T>>, MayTime, MayChooseLabels {}
/** A summary with its labels chosen, of a summary that `new` made. */
export interface NewSummaryChild<T extends string = string>
  extends
    ObserverFunctions<Timer<[labels?: LabelValues<T>]>>,
    TimesFunctions<T>,
    ChoosesLabels<T, NewSummaryChild<T>> {}

interface SummaryMethods<T extends string, Child, Started> extends Common<T> {
  /**
   * Observes a value.
   *
   * @param value finite
   * @param count how many times the value is observed, in one update; a whole number from 0 on; 1 if left out
   * @throws TypeError for a value that is no finite number, Error for labels that are not declared
   */
  observe(labels: LabelValues<T>, value: number, count?: number): void;
  /** Observes a value in the series without labels. */
  observe(value: number, count?: number): void;
  /**
   * Starts a timer.
   *
   * @returns a function that observes the seconds since the start, and returns them; labels that are given to that
   *   function are added to those given here
   */
  startTimer(labels?: LabelValues<T>): Started;
  /**
   * Returns the summary with its labels chosen: the quickest way to observe.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): Child;
  labels(...values: LabelArgument[]): Child;
  /** Resets this thread's own part of every series to zero; the series are still shown. */
  reset(): void;
}

/** Observations with their sum, their count, and quantiles over all processes. */
export interface Summary<T extends string = string>
  extends SummaryMethods<T, SummaryChild<T>, EndsTimer<T>>, Beyond, MayTime {}
/** A summary that `new` made. */
export interface NewSummary<T extends string>
  extends
    SummaryMethods<T, NewSummaryChild<T>, Timer<[labels?: LabelValues<T>]>>,
    Everywhere<T>,
    TimesFunctionsWithLabels<T> {}

/** A metric of any type: any object with prom-client's methods is accepted. */
export type AnyMetric<T extends string = string> =
  Counter<T> | Gauge<T> | Histogram<T> | Summary<T>;
/* eslint-enable @typescript-eslint/no-explicit-any */
