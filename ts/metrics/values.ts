/** Types of the public API: the arguments and results of metrics. prom-client's types have their names here, too. */

import type { RegistryContentType } from '../exposition';
import type { Scope } from '../native';
import type { MetricType } from '../storage';

/** How the parts of several processes become one value. */
export type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';

/**
 * How the parts of a gauge become one value: an {@link Aggregator}, one of three more, or one of five names that begin
 * with `live`. These are from the Python client, and mean the same as `sum`, `all`, `min`, `max` and `mostrecent`.
 */
export type GaugeAggregator =
  | Aggregator
  | 'all'
  | 'mostrecent'
  | 'shared'
  | 'livesum'
  | 'liveall'
  | 'livemin'
  | 'livemax'
  | 'livemostrecent';

/** How the parts of an `Enum` become one state: see its configuration. */
export type EnumAggregator = 'mostrecent' | 'all' | 'count';

/** How the parts of a `StateSet` become one set of states: see its configuration. */
export type StateSetAggregator = 'any' | 'every' | 'all';

/** The aggregators of metrics with states. */
export type StateAggregator = EnumAggregator | StateSetAggregator;

/** A label's value, as an argument of a method that takes values without the label names. */
export type LabelArgument = string | number | boolean;

/** Labels with their values. A series without a label and one with '' as the label's value are two series. */
export type LabelValues<T extends string> = Partial<Record<T, string | number>>;

export type { Scope };

/** The option that selects whose parts are shown. */
export interface ScopeOptions {
  /** `application` for the parts of all processes and threads, `process` or `thread` for the caller's own. */
  scope?: Scope;
}

/** The option that selects what a scrape shows: one of {@link ScopeOptions}, or all hosts. */
export interface PrintScopeOptions {
  /**
   * As in {@link ScopeOptions}; or `hosts` for all hosts that share the registry through Redis, see `redis()` of
   * `mpmetrics/redis`.
   */
  scope?: Scope | 'hosts';
}

/** Options for printing a registry. */
export interface PrintOptions extends PrintScopeOptions {
  /** The Content-Type for this call; the registry's own if left out. */
  contentType?: RegistryContentType;
}

/** The type of a metric, as in its JSON. */
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

/** A metric with its values, as `get()` returns it. */
export interface MetricObjectWithValues<T extends MetricValue<string>> extends MetricObject {
  values: T[];
}

/** A value with its labels. */
export interface MetricValue<T extends string> {
  value: number;
  labels: LabelValues<T>;
}

/** A value of a histogram or summary, with the name of its sample. */
export interface MetricValueWithName<T extends string> extends MetricValue<T> {
  metricName?: string;
  exemplar?: unknown;
}

/** A callback that sets metrics. */
export type Collector = () => void;

/** Sets a metric's values just before it is read. */
export type CollectFunction<M> = (this: M) => void | Promise<void>;

/** An increment with its exemplar. */
export interface IncreaseDataWithExemplar<T extends string> {
  labels?: LabelValues<T>;
  /** The number to add; 1 if left out. */
  value?: number;
  /**
   * The labels of the exemplar, whose names and values together have at most 128 code points. If they are left out, no
   * exemplar is recorded.
   */
  exemplarLabels?: LabelValues<string>;
}

/** An observation with its exemplar. */
export interface ObserveDataWithExemplar<T extends string> {
  labels?: LabelValues<T>;
  value: number;
  /** How often the value is counted; once if left out. */
  count?: number;
  /**
   * The labels of the exemplar, whose names and values together have at most 128 code points. If they are left out or
   * empty, no exemplar is recorded.
   */
  exemplarLabels?: LabelValues<string>;
}
