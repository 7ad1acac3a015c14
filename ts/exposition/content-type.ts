/** The Content-Types that a registry can print. */

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_CONTENT_TYPE =
  'application/openmetrics-text; version=1.0.0; charset=utf-8';

// prom-client's names of the two types and of their parts.
export type Charset = 'utf-8';
export type PrometheusMIME = 'text/plain';
export type PrometheusMetricsVersion = '0.0.4';
export type OpenMetricsMIME = 'application/openmetrics-text';
export type OpenMetricsVersion = '1.0.0';
export type PrometheusContentType =
  `${PrometheusMIME}; version=${PrometheusMetricsVersion}; charset=${Charset}`;
export type OpenMetricsContentType =
  `${OpenMetricsMIME}; version=${OpenMetricsVersion}; charset=${Charset}`;
export type RegistryContentType = PrometheusContentType | OpenMetricsContentType;

/** Returns whether a registry can print this type. */
export function isSupported(contentType: unknown): boolean {
  return contentType === PROMETHEUS_CONTENT_TYPE || contentType === OPENMETRICS_CONTENT_TYPE;
}

/** The format in which a scrape is printed. */
export type TextFormat = 'text' | 'openmetrics';

/** Returns the format of a Content-Type. */
export function formatOf(contentType: RegistryContentType): TextFormat {
  return contentType === OPENMETRICS_CONTENT_TYPE ? 'openmetrics' : 'text';
}
