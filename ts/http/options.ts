/** The options of `httpMetrics()`, which are the same for every framework, and their checks. */

import { shown, unfit } from '../errors';
import type { DefaultMetricsCollectorConfiguration } from '../default-metrics';
import type { RegistryContentType } from '../exposition';
import { invalidLabelNames } from '../labels';
import { warnOfMisspelt, type RegistryLike } from '../metrics';
import { checkOptions, OPTIONS as SERVING, type ServingOptions } from '../serving/answer';
import { NAMES, type NamesOfMetrics } from './names';

/* eslint-disable @typescript-eslint/no-explicit-any -- the functions are given a framework's own request and response */
/**
 * Options of `httpMetrics`. The functions get the arguments of the framework's handlers: request and response with
 * `node:http`, Express and Nest, request and reply with Fastify, the context with Koa and Hono. `authorize` is the
 * exception: it gets the request of `node:http` with all frameworks but Hono, and the web-standard Request with Hono.
 */
export interface HttpMetricsOptions extends ServingOptions<any> {
  /** The path at which the metrics are served; they are not served if left out. Requests for it are not counted. */
  path?: string;
  /** The registry of the metrics, which is served, too; the default registry if left out. */
  register?: RegistryLike<RegistryContentType>;
  /**
   * How the metrics and labels are named. 'prometheus' (default): `http_request_duration_seconds{method,route,status_code}`
   * and `http_requests_in_progress{method}`. 'otel': the names of OpenTelemetry's semantic conventions,
   * `http_server_request_duration_seconds{http_request_method,http_route,http_response_status_code}` and
   * `http_server_active_requests{http_request_method}`.
   */
  names?: NamesOfMetrics;
  /** Names of the labels that `labels` returns. */
  labelNames?: readonly string[];
  /**
   * Returns values of the labels in `labelNames`; a label that it leaves out has the value ''. It is called when a
   * response ends. If it throws, all of these labels have the value '', and a warning says so once.
   */
  labels?: (request: any, response: any) => Readonly<Record<string, string | number>>;
  /** True: the label of the status has the values `1xx` to `5xx`; false (default): the status itself. */
  statusClass?: boolean;
  /** Requests that are not counted: their paths, which begin with `/` and have no query, or patterns of these paths. */
  ignore?: readonly (string | RegExp)[];
  /** Returns true for a request that is not counted. It is called when the response ends, and its status is known. */
  skip?: (request: any, response: any) => boolean;
  /** Upper bounds of the duration's buckets in seconds, ascending. */
  buckets?: readonly number[];
  /**
   * True: two histograms count the bytes of the bodies of requests and responses, too, with the labels of the duration:
   * `http_request_size_bytes` and `http_response_size_bytes` (`http_server_request_body_size_bytes` and
   * `http_server_response_body_size_bytes` with `names: 'otel'`).
   */
  sizes?: boolean;
  /** Upper bounds of the sizes' buckets in bytes, ascending; 100 to 10,000,000 if left out. Needs `sizes: true`. */
  sizeBuckets?: readonly number[];
  /** True, or options of `collectDefaultMetrics`: collects the default metrics into the same registry, too. */
  defaultMetrics?: boolean | DefaultMetricsCollectorConfiguration;
  /**
   * Returns the id of the request's trace, which becomes the exemplar label `trace_id`; undefined for no exemplar. It is
   * called when a request begins. The registry's Content-Type must be OpenMetrics.
   */
  exemplar?: (request: any, response: any) => string | undefined;
}
/* eslint-enable @typescript-eslint/no-explicit-any */

/** The names of {@link HttpMetricsOptions}. */
const OPTIONS: readonly (keyof HttpMetricsOptions)[] = [
  ...SERVING,
  ...(['register', 'names', 'labelNames', 'labels', 'statusClass', 'ignore'] as const),
  ...(['skip', 'buckets', 'sizes', 'sizeBuckets', 'defaultMetrics', 'exemplar'] as const),
];

const FUNCTIONS = ['labels', 'skip', 'exemplar'] as const;

/**
 * Throws for invalid options.
 *
 * @throws TypeError that names the option, its rule and its value
 */
export function checkHttpOptions(given: unknown): asserts given is HttpMetricsOptions {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw unfit("httpMetrics()'s options", 'an object', given);
  }
  const options = given as Readonly<Record<string, unknown>>;
  checkOptions(options);
  const { register, names = 'prometheus', ignore, defaultMetrics } = options;
  const { registerMetric, metrics } = (register ?? {}) as Readonly<Record<string, unknown>>;
  if (
    register !== undefined &&
    !(typeof registerMetric === 'function' && typeof metrics === 'function')
  ) {
    throw unfit('register', 'a registry', register);
  }
  if (typeof names !== 'string' || !Object.hasOwn(NAMES, names)) {
    throw unfit('names', "'prometheus' or 'otel'", names);
  }
  for (const option of FUNCTIONS) {
    const one = options[option];
    if (one !== undefined && typeof one !== 'function') throw unfit(option, 'a function', one);
  }
  for (const option of ['statusClass', 'sizes'] as const) {
    const one = options[option];
    if (one !== undefined && typeof one !== 'boolean') throw unfit(option, 'true or false', one);
  }
  if (ignore !== undefined && !(Array.isArray(ignore) && ignore.every(isIgnorable))) {
    throw unfit(
      'ignore',
      "an array of paths that begin with '/' and of regular expressions",
      ignore,
    );
  }
  for (const option of ['buckets', 'sizeBuckets'] as const) {
    const one = options[option];
    if (one !== undefined && !(Array.isArray(one) && ascends(one))) {
      throw unfit(option, 'an array of ascending numbers', one);
    }
  }
  if (options['sizeBuckets'] !== undefined && options['sizes'] !== true) {
    throw new TypeError('sizeBuckets needs the option sizes: true');
  }
  if (
    defaultMetrics !== undefined &&
    typeof defaultMetrics !== 'boolean' &&
    !(typeof defaultMetrics === 'object' && defaultMetrics !== null)
  ) {
    throw unfit('defaultMetrics', 'true, false or options', defaultMetrics);
  }
  checkLabelNames(options, names as NamesOfMetrics);
  warnOfMisspelt(options, OPTIONS, 'httpMetrics()');
}

function checkLabelNames(options: Readonly<Record<string, unknown>>, names: NamesOfMetrics): void {
  const { labelNames, labels } = options;
  if (labelNames === undefined) {
    if (labels === undefined) return;
    throw new TypeError('labels needs the option labelNames, which names the labels it returns');
  }
  if (!Array.isArray(labelNames) || labelNames.some((name) => typeof name !== 'string')) {
    throw unfit('labelNames', 'an array of names', labelNames);
  }
  const own: readonly string[] = NAMES[names].labels;
  const given = labelNames as readonly string[];
  for (const [i, name] of given.entries()) {
    const taken = own.includes(name) || name === 'le' || given.indexOf(name) !== i;
    if (taken || invalidLabelNames([name]).length > 0) {
      const rule = `valid label names, each once and none of ${[...own, 'le'].join(', ')}`;
      throw new TypeError(`labelNames must be ${rule}, and has ${shown(name)}`);
    }
  }
  if (given.length > 0 && labels === undefined) {
    throw new TypeError('labelNames needs the option labels, which returns the values');
  }
}

function isIgnorable(one: unknown): boolean {
  return one instanceof RegExp || (typeof one === 'string' && one.startsWith('/'));
}

function ascends(list: readonly unknown[]): boolean {
  return list.every(
    (one, i) =>
      typeof one === 'number' && !Number.isNaN(one) && (i === 0 || one > (list[i - 1] as number)),
  );
}
