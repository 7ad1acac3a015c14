/** The package's names: prom-client's, and our own beside them. */

import {
  OPENMETRICS_CONTENT_TYPE,
  PROMETHEUS_CONTENT_TYPE,
  type RegistryContentType,
} from './exposition';
import { register } from './registry';

export {
  AggregatorRegistry,
  AggregatorRegistry as ClusterRegistry,
  WorkerRegistry,
} from './cluster';
export { configure, type Settings } from './configure';
export {
  collectDefaultMetrics,
  type DefaultMetricsCollectorConfiguration,
} from './default-metrics';
export { collectLibraryMetrics, type LibraryMetricsConfiguration } from './library-metrics';
export { metricsHandler, type HandlerOptions, type MetricsHandler, type Scrapable } from './http';
export { validateMetricName } from './labels';
export {
  aggregators,
  Counter,
  exponentialBuckets,
  Gauge,
  Histogram,
  linearBuckets,
  Summary,
  type Aggregator,
  type AggregatorFunction,
  type CollectFunction,
  type CounterChild,
  type CounterConfiguration,
  type GaugeChild,
  type GaugeConfiguration,
  type HistogramChild,
  type HistogramConfiguration,
  type IncreaseDataWithExemplar,
  type LabelValues,
  type AnyMetric as Metric,
  type Collector,
  type MetricConfiguration,
  type MetricObject,
  type MetricObjectWithValues,
  type MetricType,
  type MetricValue,
  type MetricValueWithName,
  type ObserveDataWithExemplar,
  type Scope,
  type ScopeOptions,
  type SummaryChild,
  type SummaryConfiguration,
} from './metrics';
export type {
  ExemplarRow as Exemplar,
  OpenMetricsContentType,
  PrometheusContentType,
  RegistryContentType,
} from './exposition';
export {
  Pushgateway,
  type Pushable,
  type PushgatewayOptions,
  type PushgatewayParameters,
  type PushgatewayResponse,
} from './pushgateway';
export {
  register,
  Registry,
  type DuckMetric,
  type PrintOptions,
  type RegistryOptions,
} from './registry';

/** The text format's Content-Type. */
export const prometheusContentType = PROMETHEUS_CONTENT_TYPE;
/** OpenMetrics' Content-Type. */
export const openMetricsContentType = OPENMETRICS_CONTENT_TYPE;

/** The default registry's Content-Type; assigning to it sets that. */
export declare let contentType: RegistryContentType;

// An accessor, as in prom-client, which an `export` statement cannot declare.
Object.defineProperty(exports, 'contentType', {
  configurable: false,
  enumerable: true,
  get: () => register.contentType,
  set: (type: RegistryContentType) => {
    register.setContentType(type);
  },
});

// `import client from 'prom-client'`, as TypeScript and Babel compile it to CommonJS, reads `default` of what
// says that it is an ES module. Not enumerable: prom-client's exports have no such key.
Object.defineProperty(exports, 'default', { value: exports });
