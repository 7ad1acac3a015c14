/** A client that has the names of prom-client's API and does nothing. A spec that passes with it proves nothing. */

import type { Client, Subject } from './client';

const nothing = (): void => undefined;
const text = (): Promise<string> => Promise.resolve('');
const timer = () => (): number => 0;

class Metric {
  labels = () => ({
    inc: nothing,
    dec: nothing,
    set: nothing,
    observe: nothing,
    setToCurrentTime: nothing,
    startTimer: timer,
  });
  inc = nothing;
  dec = nothing;
  set = nothing;
  observe = nothing;
  zero = nothing;
  remove = nothing;
  reset = nothing;
  setToCurrentTime = nothing;
  startTimer = timer;
  get = () => Promise.resolve({ values: [] });
}

class Registry {
  static PROMETHEUS_CONTENT_TYPE = '';
  static OPENMETRICS_CONTENT_TYPE = '';
  static globalRegistry: Registry;
  static merge = () => new Registry();
  static aggregate = () => new Registry();
  static setRegistries = nothing;
  contentType = '';
  metrics = text;
  clusterMetrics = text;
  getMetricsAsString = text;
  getSingleMetricAsString = text;
  getMetricsAsJSON = () => Promise.resolve([]);
  getMetricsAsArray = () => [];
  getSingleMetric = () => new Metric();
  registerMetric = nothing;
  removeSingleMetric = nothing;
  resetMetrics = nothing;
  clear = nothing;
  setDefaultLabels = nothing;
  setContentType = nothing;
}
Registry.globalRegistry = new Registry();

class Pushgateway {
  push = () => Promise.resolve({ resp: {}, body: '' });
  pushAdd = this.push;
  delete = this.push;
}

const aggregators = Object.fromEntries(
  ['sum', 'first', 'omit', 'average', 'min', 'max'].map((name) => [name, nothing]),
);

/** The stub, as a subject of specs. */
export const stub: Subject = {
  name: 'a client that does nothing',
  load: () =>
    Promise.resolve({
      register: Registry.globalRegistry,
      Registry,
      contentType: '',
      prometheusContentType: '',
      openMetricsContentType: '',
      validateMetricName: nothing,
      Counter: class extends Metric {},
      Gauge: class extends Metric {},
      Histogram: class extends Metric {},
      Summary: class extends Metric {},
      Pushgateway,
      linearBuckets: () => [],
      exponentialBuckets: () => [],
      collectDefaultMetrics: Object.assign(nothing, { metricsList: [] }),
      aggregators,
      AggregatorRegistry: class extends Registry {},
    } as unknown as Client),
};
