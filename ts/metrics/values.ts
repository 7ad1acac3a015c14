/** The arguments and results of metrics, as types of the public API: with prom-client's names if it has them. */

import type { RegistryContentType } from '../exposition';
import type { Scope } from '../native';
import type { MetricType } from '../storage';

/** How the parts of several processes become one value. */
export type Aggregator = 'omit' | 'sum' | 'first' | 'min' | 'max' | 'average';

/** A gauge's {@link Aggregator}: three more. */
export type GaugeAggregator = Aggregator | 'all' | 'mostrecent' | 'shared';

/** A label's value, if labels are given by their values alone. */
export type LabelArgument = string | number | boolean;

/** Labels with their values; leaving a label out and giving it as '' are two different series. */
export type LabelValues<T extends string> = Partial<Record<T, string | number>>;

export type { Scope };

/** Whose parts are shown. */
export interface ScopeOptions {
  /** `application` for the sum over all processes and threads, `process` or `thread` for the caller's own part. */
  scope?: Scope;
}

/** How a registry is printed. */
export interface PrintOptions extends ScopeOptions {
  /** Another Content-Type than the registry's own, for this call. */
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

/** What `get()` resolves with. */
export interface MetricObjectWithValues<T extends MetricValue<string>> extends MetricObject {
  values: T[];
}

/** A value with its labels. */
export interface MetricValue<T extends string> {
  value: number;
  labels: LabelValues<T>;
}

/** A value of a histogram or summary, with the name of its row. */
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
  /** What to add; 1 if left out. */
  value?: number;
  /** Any labels, names and values together of at most 128 code points; no exemplar is recorded if left out. */
  exemplarLabels?: LabelValues<string>;
}

/** An observation with its exemplar. */
export interface ObserveDataWithExemplar<T extends string> {
  labels?: LabelValues<T>;
  value: number;
  /** How often the value is counted; once if left out. */
  count?: number;
  /** Any labels, names and values together of at most 128 code points; none is recorded if left out or empty. */
  exemplarLabels?: LabelValues<string>;
}
