/** The metrics of requests: histograms of durations and sizes, and a gauge of requests in progress. */

import { collectDefaultMetrics } from '../default-metrics';
import { messageOf, warnOnce } from '../errors';
import type { RegistryContentType } from '../exposition';
import { Gauge, Histogram, type RegistryLike } from '../metrics';
import { register as defaultRegister } from '../registry';
import { endAutomatic } from './automatic-end';
import { ABORTED, METHODS, NAMES, SIZE_BUCKETS, UNMATCHED, type Names } from './names';
import { checkHttpOptions, type HttpMetricsOptions } from './options';
import type { BodySizes } from './sizes';

/**
 * The most routes whose children are kept. A program has fewer, unless it registers routes all the time; then the
 * children of further routes are looked up at each request.
 */
const KEPT_ROUTES = 10_000;

/** The number of possible statuses, which have three digits. */
const STATUSES = 1_000;

interface Child {
  observe(value: number): void;
}

/** The children of the histograms for one route, method and status. */
interface Children {
  readonly duration: Child;
  /** Null without the option `sizes`. */
  readonly sizes: { readonly request: Child; readonly response: Child } | null;
}

/** The histograms of sizes. */
interface SizeHistograms {
  readonly request: Histogram;
  readonly response: Histogram;
}

/** A method of requests. */
export interface Method {
  /** Its number among the methods of its meter. */
  readonly index: number;
  /** The value of its label. */
  readonly label: string;
  /** Its child of the gauge, from its first request on. */
  inProgress: { inc(): void; dec(): void } | null;
}

/** A request that a meter counts: its method, trace and sizes, and the arguments of the options' functions. */
export interface Measured {
  readonly method: Method;
  readonly first: unknown;
  readonly second: unknown;
  readonly trace: string | undefined;
  /** Null without the option `sizes`. */
  readonly sizes: BodySizes | null;
}

/**
 * Makes the meter of a program that calls `httpMetrics()`.
 *
 * @throws TypeError for an invalid option, Error if the registry has another metric of one of the names
 */
export function meterOf(options: HttpMetricsOptions): Meter {
  checkHttpOptions(options);
  endAutomatic();
  return new Meter(options);
}

/** Counts requests. */
export class Meter {
  readonly register: RegistryLike<RegistryContentType>;
  private readonly methods: ReadonlyMap<string, Method>;
  private readonly other: Method;
  /** The children of the histograms: by route, then by method and status in one number. */
  private readonly routes = new Map<string, Map<number, Children>>();
  private readonly names: Names;
  /** The names of metrics that were not in the registry before. */
  private readonly made: readonly string[];
  private readonly duration: Histogram;
  private readonly sizes: SizeHistograms | null;
  private readonly inProgress: Gauge;

  /**
   * Makes the metrics, or uses those that an earlier call has made with the same options.
   *
   * @param options valid ones
   * @throws Error if the registry has another metric of one of the names
   */
  constructor(private readonly options: HttpMetricsOptions) {
    const { register = defaultRegister, names = 'prometheus', labelNames = [] } = options;
    this.register = register;
    this.names = NAMES[names];
    const [method] = this.names.labels;
    const config = { registers: [register], ifExists: 'reuse' as const };
    const { duration, inProgress, requestSize, responseSize } = this.names;
    const own = options.sizes === true ? [requestSize, responseSize] : [];
    this.made = [duration, inProgress, ...own].filter(
      (name) => register.getSingleMetric(name) === undefined,
    );
    const ofRequests = { ...config, labelNames: [...this.names.labels, ...labelNames] };
    this.duration = new Histogram({
      ...ofRequests,
      name: duration,
      help: 'Seconds from the beginning of a request to the end of its response.',
      buckets: [...(options.buckets ?? this.names.buckets)],
      enableExemplars: options.exemplar !== undefined,
    });
    const size = (name: string, help: string) =>
      new Histogram({
        ...ofRequests,
        name,
        help,
        buckets: [...(options.sizeBuckets ?? SIZE_BUCKETS)],
      });
    try {
      this.sizes =
        options.sizes === true
          ? {
              request: size(requestSize, "Bytes of requests' bodies."),
              response: size(responseSize, "Bytes of responses' bodies."),
            }
          : null;
      this.inProgress = new Gauge({
        ...config,
        name: inProgress,
        help: 'Requests whose response has not ended.',
        labelNames: [method],
      });
      collectDefaults(register, options.defaultMetrics);
    } catch (error) {
      this.remove();
      throw error;
    }
    const all = METHODS.map((label, index): Method => ({ index, label, inProgress: null }));
    this.methods = new Map(all.map((one) => [one.label, one]));
    this.other = { index: all.length, label: this.names.otherMethod, inProgress: null };
  }

  /** Returns whether another meter counts into the same metrics. */
  countsAs(other: Meter): boolean {
    return this.register === other.register && this.names === other.names;
  }

  /** Removes from the registry the metrics that this meter has made. */
  remove(): void {
    for (const name of this.made) this.register.removeSingleMetric(name);
  }

  /** Returns whether requests for a path are left out. */
  ignores(path: string): boolean {
    return this.options.ignore!.some((one) =>
      // A regular expression with the flag g or y would begin at the end of its last match.
      typeof one === 'string' ? one === path : path.search(one) !== -1,
    );
  }

  /** True if any path is ignored. */
  get ignoresPaths(): boolean {
    return this.options.ignore !== undefined && this.options.ignore.length > 0;
  }

  /** True if the sizes of bodies count. */
  get countsSizes(): boolean {
    return this.sizes !== null;
  }

  /** Counts a request as being in progress. */
  begin(method: string | undefined): Method {
    const found = this.methods.get(method!) ?? this.other;
    found.inProgress ??= this.inProgress.labels(found.label);
    found.inProgress.inc();
    return found;
  }

  /** Returns the trace of a request that begins; undefined if it has none. */
  traceOf(first: unknown, second: unknown): string | undefined {
    const { exemplar } = this.options;
    return exemplar && this.called('exemplar', undefined, () => exemplar(first, second));
  }

  /**
   * Counts a request that has ended.
   *
   * @param route the pattern of the route; undefined if no route handled the request
   * @param status null if the client disconnected before the end of the response
   */
  end(request: Measured, route: string | undefined, status: number | null, seconds: number): void {
    const { method, first, second, sizes } = request;
    method.inProgress!.dec();
    const { skip, labels } = this.options;
    if (skip && this.called('skip', false, () => answered(skip(first, second)))) return;
    const code = status ?? ABORTED;
    const path = route ?? UNMATCHED;
    if (labels === undefined && request.trace === undefined) {
      const children = this.children(path, method, code);
      children.duration.observe(seconds);
      if (sizes !== null) {
        observeKnown(children.sizes!.request, sizes.request);
        observeKnown(children.sizes!.response, sizes.response);
      }
      return;
    }
    const own = labels && this.called('labels', {}, () => this.texts(labels(first, second)));
    const all = this.labelsOf(path, method, code, own);
    const exemplarLabels = request.trace === undefined ? {} : { trace_id: request.trace };
    try {
      if (this.options.exemplar === undefined) this.duration.observe(all, seconds);
      else this.duration.observe({ labels: all, value: seconds, exemplarLabels });
    } catch (error) {
      // The trace is no valid exemplar. The observation has been counted before the check of its exemplar.
      this.warn('exemplar', messageOf(error));
    }
    if (sizes !== null) {
      observeKnown(this.sizes!.request.labels(all), sizes.request);
      observeKnown(this.sizes!.response.labels(all), sizes.response);
    }
  }

  private children(route: string, method: Method, status: number): Children {
    const key = method.index * STATUSES + status;
    let children = this.routes.get(route);
    const found = children?.get(key);
    if (found !== undefined) return found;
    const labels = this.labelsOf(route, method, status, undefined);
    const made = {
      duration: this.duration.labels(labels),
      sizes: this.sizes && {
        request: this.sizes.request.labels(labels),
        response: this.sizes.response.labels(labels),
      },
    };
    if (children === undefined) {
      children = new Map();
      if (this.routes.size < KEPT_ROUTES) this.routes.set(route, children);
    }
    children.set(key, made);
    return made;
  }

  private labelsOf(
    route: string,
    method: Method,
    status: number,
    own: Readonly<Record<string, string>> | undefined,
  ): Record<string, string | number> {
    const [methodName, routeName, statusName] = this.names.labels;
    const made: Record<string, string | number> = {
      [methodName]: method.label,
      [routeName]: route,
      [statusName]: this.options.statusClass === true ? `${Math.trunc(status / 100)}xx` : status,
    };
    for (const name of this.options.labelNames ?? []) made[name] = own?.[name] ?? '';
    return made;
  }

  /** Returns the values of the program's own labels. */
  private texts(given: Readonly<Record<string, string | number>>): Record<string, string> {
    const names = this.options.labelNames ?? [];
    return Object.fromEntries(names.map((name) => [name, String(given[name] ?? '')]));
  }

  /** Calls a function of the options. If it fails, warns and returns `otherwise`: the response must not fail with it. */
  private called<R>(option: string, otherwise: R, call: () => R): R {
    try {
      return call() ?? otherwise;
    } catch (error) {
      this.warn(option, messageOf(error));
      return otherwise;
    }
  }

  private warn(option: string, message: string): void {
    const text = `the function ${option} of httpMetrics() failed, and requests are counted without it: ${message}`;
    warnOnce('MPMETRICS_HTTP', text, option);
  }
}

function observeKnown(child: Child, size: number | undefined): void {
  if (size !== undefined) child.observe(size);
}

/** @throws TypeError for a promise, which would count as true */
function answered(result: unknown): boolean {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    throw new TypeError('it returned a promise, and must return true or false');
  }
  return Boolean(result);
}

function collectDefaults(
  register: RegistryLike<RegistryContentType>,
  given: HttpMetricsOptions['defaultMetrics'],
): void {
  if (given === undefined || given === false) return;
  const options = given === true ? {} : given;
  collectDefaultMetrics({ register, ifExists: 'reuse', ...options });
}
