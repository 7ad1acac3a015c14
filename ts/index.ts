/** The exports of the package: prom-client's names, and names of its own. */

import './engine-backends';

import * as backends from './backend';
import * as buffering from './backends/buffered';
import * as cluster from './cluster';
import * as configuration from './configure';
import * as defaultMetrics from './default-metrics';
import * as engines from './engines';
import {
  OPENMETRICS_CONTENT_TYPE,
  PROMETHEUS_CONTENT_TYPE,
  type PrometheusContentType,
  type RegistryContentType,
} from './exposition';
import * as labels from './labels';
import * as libraryMetrics from './library-metrics';
import * as metrics from './metrics';
import type * as api from './metrics/api';
import type {
  CounterClass,
  GaugeClass,
  HistogramClass,
  SummaryClass,
} from './metrics/configuration';
import type { RegistryLike } from './metrics/registry-like';
import * as processEnd from './process-end';
import type * as states from './metrics/states-api';
import type { EnumClass, InfoClass, StateSetClass } from './metrics/states-configuration';
import * as gateway from './pushgateway';
import * as registries from './registry';
import * as handler from './serving/handler';
import * as snapshots from './snapshot';
import * as response from './serving/response';
import * as server from './serving/server';
import * as textfiles from './textfile';

export type { Backend, BackendInfo } from './backend';
export type { BufferedBackend, BufferedOptions, SlowBackend, SlowCell } from './backends/buffered';
export type {
  BackendClass,
  BackendEngine,
  Cell,
  CellBackend,
  CellSeries,
  CellType,
} from './backends/contract';
export type { Settings } from './configure';
export type { DefaultMetricsCollectorConfiguration } from './default-metrics';
export type { Engine, EngineOptions, RunningEngine } from './engines';
export type { LibraryMetricsConfiguration } from './library-metrics';
export type { Scrapable, ServingOptions } from './serving/answer';
export type {
  HandlerOptions,
  HandlerRequest,
  HandlerResponse,
  MetricsHandler,
} from './serving/handler';
export type { ResponseOptions, WebRequest, WebResponse } from './serving/response';
export type { ListeningServer, MetricsServer, ServerOptions } from './serving/server';
export type { SnapshotFamily, SnapshotOptions } from './snapshot';
export type { TextfileWriterOptions } from './textfile';
export type {
  DecoratesMethod,
  ExceptionOptions,
  TimeOptions,
  Timer,
} from './metrics/functions-api';
export type {
  CounterChild,
  GaugeChild,
  HistogramChild,
  AnyMetric as Metric,
  SummaryChild,
} from './metrics/api';
export type {
  CounterConfiguration,
  GaugeConfiguration,
  HistogramConfiguration,
  MetricConfiguration,
  SummaryConfiguration,
} from './metrics/configuration';
export type { EnumChild, InfoChild, InfoValues, StateSetChild } from './metrics/states-api';
export type {
  EnumConfiguration,
  InfoConfiguration,
  StateSetConfiguration,
} from './metrics/states-configuration';
export type {
  Aggregator,
  AggregatorFunction,
  CollectFunction,
  Collector,
  IncreaseDataWithExemplar,
  LabelValues,
  MetricObject,
  MetricObjectWithValues,
  MetricType,
  MetricValue,
  MetricValueWithName,
  ObserveDataWithExemplar,
  PrintOptions,
  Scope,
  ScopeOptions,
} from './metrics';
export type {
  Charset,
  ExemplarRow as Exemplar,
  OpenMetricsContentType,
  OpenMetricsMIME,
  OpenMetricsVersion,
  PrometheusContentType,
  PrometheusMetricsVersion,
  PrometheusMIME,
  RegistryContentType,
} from './exposition';
export type {
  Pushable,
  PushgatewayInterval,
  PushgatewayOptions,
  PushgatewayParameters,
  PushgatewayResponse,
} from './pushgateway';
export type {
  CollectorOptions,
  DuckMetric,
  MetricCollector,
  RegistryOptions,
  TextfileOptions,
  YieldedMetric,
} from './registry';

// Aliases, because they compile to plain properties: users' tests replace prom-client's exports, and `export … from`
// compiles to getters that cannot be replaced.
export import AggregatorRegistry = cluster.AggregatorRegistry;
export import ClusterRegistry = cluster.AggregatorRegistry;
export import WorkerRegistry = cluster.WorkerRegistry;
export import backend = backends.backend;
export import buffered = buffering.buffered;
export import configure = configuration.configure;
export import loadBackend = backends.loadBackend;
export import collectDefaultMetrics = defaultMetrics.collectDefaultMetrics;
export import collectLibraryMetrics = libraryMetrics.collectLibraryMetrics;
export import markProcessDead = processEnd.markProcessDead;
export import metricsHandler = handler.metricsHandler;
export import metricsResponse = response.metricsResponse;
export import startEngine = engines.startEngine;
export import startHttpServer = server.startHttpServer;
export import textfile = textfiles.textfile;
export import validateMetricName = labels.validateMetricName;
export import aggregators = metrics.aggregators;
export import exponentialBuckets = metrics.exponentialBuckets;
export import linearBuckets = metrics.linearBuckets;
export import Pushgateway = gateway.Pushgateway;
export import Snapshot = snapshots.Snapshot;
export import register = registries.register;
// As types, these have prom-client's members, and optional members that only this package has (`Beyond`): an object
// that stands for a metric in a test needs prom-client's members only.
/** A value that only grows. */
export type Counter<T extends string = string> = api.Counter<T>;
/** A value that goes up and down. */
export type Gauge<T extends string = string> = api.Gauge<T>;
/** Observations counted in buckets. */
export type Histogram<T extends string = string> = api.Histogram<T>;
/** Observations with their sum, their count, and quantiles over all processes. */
export type Summary<T extends string = string> = api.Summary<T>;
export const Counter: CounterClass = metrics.Counter;
export const Gauge: GaugeClass = metrics.Gauge;
export const Histogram: HistogramClass = metrics.Histogram;
export const Summary: SummaryClass = metrics.Summary;
/** A metric that is in exactly one of its states. */
export type Enum<T extends string = string, S extends string = string> = states.Enum<T, S>;
/** A metric of which any number of states are set. */
export type StateSet<T extends string = string, S extends string = string> = states.StateSet<T, S>;
/** A metric whose labels are the information. */
export type Info<T extends string = string> = states.Info<T>;
export const Enum: EnumClass = metrics.Enum;
export const StateSet: StateSetClass = metrics.StateSet;
export const Info: InfoClass = metrics.Info;
/* eslint-disable @typescript-eslint/no-namespace -- prom-client's types are written so */
export declare namespace Counter {
  /** prom-client's name for the result of `labels()`. */
  type Internal = api.CounterChild;
}
export declare namespace Gauge {
  /** prom-client's name for the result of `labels()`. */
  type Internal<T extends string> = api.GaugeChild<T>;
}
export declare namespace Histogram {
  /** prom-client's name for the result of `labels()`. */
  type Internal<T extends string> = api.HistogramChild<T>;
  /** prom-client's name for a part of the configuration. */
  interface Config {
    buckets?: number[];
  }
}
export declare namespace Summary {
  /** prom-client's name for the result of `labels()`. */
  type Internal<T extends string> = api.SummaryChild<T>;
  /** prom-client's name for a part of the configuration. */
  interface Config {
    percentiles?: number[];
  }
}
/* eslint-enable @typescript-eslint/no-namespace */

/** A registry of prom-client, or any object with its methods. */
export type Registry<T extends RegistryContentType = PrometheusContentType> = RegistryLike<T>;
export const Registry = registries.Registry;

/** The text format's Content-Type. */
export const prometheusContentType = PROMETHEUS_CONTENT_TYPE;
/** OpenMetrics' Content-Type. */
export const openMetricsContentType = OPENMETRICS_CONTENT_TYPE;

/** The default registry's Content-Type, which an assignment changes. */
export declare let contentType: RegistryContentType;

// `contentType` is an accessor, as in prom-client. An `export` statement cannot declare one.
Object.defineProperty(exports, 'contentType', {
  configurable: false,
  enumerable: true,
  get: () => register.contentType,
  set: (type: RegistryContentType) => {
    register.setContentType(type);
  },
});

// TypeScript and Babel compile `import client from 'prom-client'` to CommonJS that reads `default` of a module with
// `__esModule`. The property is not enumerable, because prom-client's exports have no such key.
Object.defineProperty(exports, 'default', { value: exports });
