/** The Content-Types that a registry can be asked for, and those that it can print. */

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
export const OPENMETRICS_CONTENT_TYPE =
  'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** prom-client's name of the type of {@link PROMETHEUS_CONTENT_TYPE}. */
export type PrometheusContentType = typeof PROMETHEUS_CONTENT_TYPE;
/** prom-client's name of the type of {@link OPENMETRICS_CONTENT_TYPE}. */
export type OpenMetricsContentType = typeof OPENMETRICS_CONTENT_TYPE;
export type RegistryContentType = PrometheusContentType | OpenMetricsContentType;

/** Tells whether a registry can print this type. */
export function isSupported(contentType: unknown): boolean {
  return contentType === PROMETHEUS_CONTENT_TYPE || contentType === OPENMETRICS_CONTENT_TYPE;
}
