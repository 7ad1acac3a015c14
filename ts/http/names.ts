/** Names of the metrics of requests, of their labels, and of methods. */

/** The sets of names that can be chosen. */
export type NamesOfMetrics = 'prometheus' | 'otel';

/** One set of names. */
export interface Names {
  readonly duration: string;
  readonly inProgress: string;
  readonly requestSize: string;
  readonly responseSize: string;
  /** The labels: method, route, status. */
  readonly labels: readonly [method: string, route: string, status: string];
  /** The value of the method's label for methods that are not in {@link METHODS}. */
  readonly otherMethod: string;
  /** Upper bounds of the duration's buckets, in seconds. */
  readonly buckets: readonly number[];
}

export const NAMES: Readonly<Record<NamesOfMetrics, Names>> = {
  prometheus: {
    duration: 'http_request_duration_seconds',
    inProgress: 'http_requests_in_progress',
    requestSize: 'http_request_size_bytes',
    responseSize: 'http_response_size_bytes',
    labels: ['method', 'route', 'status_code'],
    otherMethod: 'OTHER',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  },
  // https://opentelemetry.io/docs/specs/semconv/http/http-metrics/, with Prometheus' suffixes of units.
  otel: {
    duration: 'http_server_request_duration_seconds',
    inProgress: 'http_server_active_requests',
    requestSize: 'http_server_request_body_size_bytes',
    responseSize: 'http_server_response_body_size_bytes',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
    otherMethod: '_OTHER',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
  },
};

/** Upper bounds of the buckets of sizes, in bytes. */
export const SIZE_BUCKETS: readonly number[] = [100, 1e3, 1e4, 1e5, 1e6, 1e7];

/** The methods of RFC 9110, and PATCH of RFC 5789. A client may send any other word. */
export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'DELETE',
  'CONNECT',
  'OPTIONS',
  'TRACE',
  'PATCH',
] as const;

/** The value of the route's label for requests that no route of the program handles. */
export const UNMATCHED = 'unmatched';

/** The status of requests whose client disconnected before the response had ended, as in the log of nginx. */
export const ABORTED = 499;
