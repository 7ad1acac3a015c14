/** The registry of prom-client's API. */

import { inspect } from 'util';

import { shown, unfit } from '../errors';
import {
  formatOf,
  isSupported,
  joinTexts,
  OPENMETRICS_CONTENT_TYPE,
  PROMETHEUS_CONTENT_TYPE,
  type MetricRows,
  type PrometheusContentType,
  type RegistryContentType,
  type RowLabels,
} from '../exposition';
import {
  hide,
  home,
  inspected,
  Metric,
  ownValues,
  REPLACE,
  ROSTER,
  scopeOf,
  type AnyMetric,
  type MetricObject,
  type MetricObjectWithValues,
  type MetricValueWithName,
  type PrintOptions,
  type Scope,
  type RegistryLike,
  type ScopeOptions,
} from '../metrics';
import type { Bytes } from '../native';
import { aggregatorOf, byName } from './aggregated';
import { ANONYMOUS_TAG, Contents, type DuckMetric } from './contents';
import { Reading } from './reading';

export interface RegistryOptions {
  /** Registries of one name are one registry, in all processes and however often they are made. */
  name?: string;
  /** False: its metrics stay in this process's own memory. */
  shared?: boolean;
  contentType?: RegistryContentType;
}

/** A registry with metrics of its own. Not within the class, because a bundler renames a class that names itself. */
function unshared<T extends RegistryContentType>(contentType?: T): Registry<T> {
  return new Registry<T>({ ...(contentType !== undefined && { contentType }), shared: false });
}

/** Keys of internal properties of a registry; see `metrics/hidden.ts`. */
const CONTENTS: unique symbol = Symbol('contents');
const TYPE: unique symbol = Symbol('type');

export class Registry<T extends RegistryContentType = PrometheusContentType> {
  /** The text format's Content-Type. */
  static get PROMETHEUS_CONTENT_TYPE(): typeof PROMETHEUS_CONTENT_TYPE {
    return PROMETHEUS_CONTENT_TYPE;
  }

  /** OpenMetrics' Content-Type. */
  static get OPENMETRICS_CONTENT_TYPE(): typeof OPENMETRICS_CONTENT_TYPE {
    return OPENMETRICS_CONTENT_TYPE;
  }

  /** The registry of metrics that name none; it may be replaced. */
  static get globalRegistry(): Registry {
    return home.register as Registry;
  }

  static set globalRegistry(register: Registry) {
    home.register = register;
  }

  /** @internal Its contents; registries of one name have the same. */
  declare readonly [CONTENTS]: Contents;
  /** @internal */
  declare [TYPE]: T;

  /**
   * @param options a name or `shared: false`, or prom-client's Content-Type. A registry without a name shows the
   *   metrics that are declared on it, over all processes, if it is the first in its process to declare the metric's
   *   name; otherwise that metric is private.
   * @param tag internal: how its families are marked in the heap
   * @throws TypeError for a Content-Type that is not supported, a name that is no string or has a NUL in it, or a
   *   `shared` that is neither true nor false
   */
  constructor(options?: RegistryOptions | RegistryContentType, tag: string = ANONYMOUS_TAG) {
    const object = typeof options === 'object' && options !== null;
    const given = object ? options : { contentType: options };
    const { contentType: type = PROMETHEUS_CONTENT_TYPE } = given;
    if (!isSupported(type)) throw new TypeError(`Content type ${type} is unsupported`);
    const { name, shared = true }: RegistryOptions = given;
    if (name !== undefined && typeof name !== 'string') throw unfit('name', 'a string', name);
    if (typeof shared !== 'boolean') throw unfit('shared', 'true or false', shared);
    const own = (): Contents => new Contents(shared ? tag : null);
    hide(this, CONTENTS, shared && name !== undefined ? Contents.of(name) : own());
    hide(this, TYPE, type);
  }

  /**
   * All metrics as text, after their `collect`.
   *
   * @param options scope: `application` (default), `process` or `thread`; contentType: the registry's own if left out
   * @returns rejects if a `collect` throws
   */
  async metrics(options?: PrintOptions): Promise<string> {
    if (overridden(this)) return textOf(this, options);
    return read(this, options, 'application').text();
  }

  /** {@link metrics}, as UTF-8: the output of native code is never a JavaScript string. */
  async metricsBuffer(options?: PrintOptions): Promise<Bytes> {
    const plain = (this as Methods).metrics === own.metrics && !overridden(this);
    if (!plain) return Buffer.from(await this.metrics(options));
    return read(this, options, 'application').buffer();
  }

  /**
   * All metrics as objects, after their `collect`, as `aggregate()` takes them.
   *
   * @param filter only metrics with this `aggregator`; may be left out
   * @param options scope: `thread` (default, because programs that send these over IPC add them up), `process` or
   *   `application`
   */
  async getMetricsAsJSON(
    filter?: string | ScopeOptions,
    options: ScopeOptions | undefined = typeof filter === 'object' ? filter : undefined,
  ): Promise<MetricObjectWithValues<MetricValueWithName<string>>[]> {
    const aggregator = typeof filter === 'object' ? undefined : filter;
    const rows: unknown = await ((this as Methods).getMetricsAsArray === own.getMetricsAsArray
      ? read(this, options, 'thread').json(aggregator)
      : jsonOf(this, aggregator, { scope: scopeOf(options, 'thread') }));
    return rows as MetricObjectWithValues<MetricValueWithName<string>>[];
  }

  /**
   * All metrics of this process's registry.
   *
   * @param aggregator only those with this `aggregator`; one that has none counts as `sum`
   */
  getMetricsAsArray(aggregator?: string): (MetricObject & DuckMetric)[] {
    return this[CONTENTS].all(aggregator) as (MetricObject & DuckMetric)[];
  }

  /**
   * One metric as text, without a line break at the end.
   *
   * @param metric of this registry or not
   */
  async getMetricsAsString(metric: Metric | DuckMetric, options?: PrintOptions): Promise<string> {
    return read(this, options, 'application').metric(metric);
  }

  /**
   * Adds a metric; its constructor does so by itself.
   *
   * @param metric any object with a `get()` is accepted
   * @throws Error if another metric has its name
   */
  registerMetric(metric: Metric | DuckMetric): void {
    this[CONTENTS].add(metric);
  }

  /** Removes a metric, which goes on in memory storage. Does not change other processes' parts. */
  removeSingleMetric(name: string): void {
    this[CONTENTS].delete(name);
  }

  /** The metric of that name in this process. */
  getSingleMetric<L extends string>(name: string): AnyMetric<L> | undefined {
    return this[CONTENTS].metrics.get(name) as AnyMetric<L> | undefined;
  }

  /** {@link getMetricsAsString} of the metric with that name. */
  async getSingleMetricAsString(name: string, options?: PrintOptions): Promise<string> {
    return this.getMetricsAsString(this[CONTENTS].metrics.get(name)!, options);
  }

  /** Resets this process's own part of all metrics. */
  resetMetrics(): void {
    for (const metric of this[CONTENTS].metrics.values()) metric.reset?.();
  }

  /** Removes all metrics, and the default labels. Does not change other processes' parts. */
  clear(): void {
    this[CONTENTS].clear();
  }

  /** Labels that are printed with every series that does not have them itself. */
  setDefaultLabels(labels: object): void {
    this[CONTENTS].setDefaults(labels as RowLabels);
  }

  get contentType(): T {
    return this[TYPE];
  }

  /** @throws Error for a Content-Type that is not supported */
  setContentType(contentType: RegistryContentType): void {
    if (!isSupported(contentType)) throw new Error(`Content type ${contentType} is unsupported`);
    this[TYPE] = contentType as T;
  }

  /**
   * A registry with the metrics of all.
   *
   * @throws Error if their Content-Types differ, or two of their metrics have one name; TypeError for no array, or an
   *   empty one
   */
  static merge<T extends RegistryContentType>(registers: readonly RegistryLike<T>[]): Registry<T> {
    const given: unknown = registers;
    if (!Array.isArray(given) || given.length === 0 || !given.every(isMergeable)) {
      throw new TypeError(
        `Registry.merge() takes an array of registries, and was given ${shown(registers)}`,
      );
    }
    const { contentType } = registers[0]!;
    for (const register of registers) {
      if (register.contentType !== contentType) {
        throw new Error('Registers can only be merged if they have the same content type');
      }
    }
    const merged = unshared<T>(contentType);
    for (const register of registers) {
      for (const metric of register.getMetricsAsArray()) merged.registerMetric(metric as never);
    }
    return merged;
  }

  /** @internal */
  [inspect.custom](): object {
    const { metrics, defaults } = this[CONTENTS];
    const shown = [...metrics].map(([name, metric]) => [
      name,
      metric instanceof Metric ? inspected(metric, ownValues(metric[ROSTER])) : metric,
    ]);
    return inspected(this, {
      contentType: this.contentType,
      defaultLabels: defaults,
      metrics: Object.fromEntries(shown) as object,
    });
  }

  /** @internal */
  [REPLACE](there: Metric, metric: Metric): void {
    this[CONTENTS].replace(there, metric);
  }

  /**
   * A registry that shows the results of `getMetricsAsJSON()` in several processes or threads, joined by each metric's
   * `aggregator`; without one they are added.
   *
   * @param metrics an array for each of them, as returned or parsed from JSON
   * @param contentType the new registry's
   * @throws Error for a Content-Type that is not supported, or an unknown `aggregator`
   */
  static aggregate<T extends RegistryContentType = PrometheusContentType>(
    metrics: readonly object[],
    contentType: RegistryContentType = PROMETHEUS_CONTENT_TYPE,
  ): Registry<T> {
    const registry = unshared<T>();
    registry.setContentType(contentType);
    if (!Array.isArray(metrics) || !metrics.every((one) => Array.isArray(one))) {
      throw new TypeError(
        `aggregate() takes an array with each getMetricsAsJSON()'s array, and was given ${shown(metrics)}`,
      );
    }
    for (const group of byName((metrics as readonly MetricRows[][]).flat())) {
      const joined = aggregatorOf(group)(group);
      if (joined !== undefined) registry.registerMetric({ get: () => joined, ...joined });
    }
    return registry;
  }
}

/** The methods that prom-client's other methods call: one that overrides or replaces them is called here, too. */
type Methods = Readonly<Record<'metrics' | 'getMetricsAsArray' | 'getMetricsAsString', unknown>>;

const own = ((methods: Methods): Methods => {
  const { metrics, getMetricsAsArray, getMetricsAsString } = methods;
  return { metrics, getMetricsAsArray, getMetricsAsString };
})(Registry.prototype as Registry);

function overridden({ getMetricsAsArray, getMetricsAsString }: Methods): boolean {
  return (
    getMetricsAsArray !== own.getMetricsAsArray || getMetricsAsString !== own.getMetricsAsString
  );
}

/** The text of a registry whose methods are overridden: metric by metric, as prom-client makes it. */
async function textOf(
  registry: Registry<RegistryContentType>,
  options: PrintOptions | undefined,
): Promise<string> {
  const metrics = registry.getMetricsAsArray();
  const texts = await Promise.all(
    metrics.map((metric) => registry.getMetricsAsString(metric, options)),
  );
  return joinTexts(texts, formatOf(options?.contentType ?? registry.contentType));
}

async function jsonOf(
  registry: Registry<RegistryContentType>,
  aggregator: string | undefined,
  options: ScopeOptions,
): Promise<MetricRows[]> {
  const metrics = registry.getMetricsAsArray(aggregator);
  const all = await Promise.all(metrics.map((metric) => metric.get(options)));
  return all.map((rows) => registry[CONTENTS].withDefaults(rows as MetricRows));
}

function isMergeable(one: unknown): boolean {
  return typeof (one as Partial<Registry> | null | undefined)?.getMetricsAsArray === 'function';
}

/** The contents of a registry; undefined for any other object, such as prom-client's. */
export function contentsOf(registry: object): Contents | undefined {
  return (registry as Partial<Registry>)[CONTENTS];
}

function read(
  registry: Registry<RegistryContentType>,
  options: PrintOptions | undefined,
  otherwise: Scope,
): Reading {
  // A subclass's own Content-Type is not checked, as in prom-client.
  const { contentType = registry.contentType } = options ?? {};
  if (options?.contentType !== undefined && !isSupported(contentType)) {
    throw new Error(`Content type ${contentType} is unsupported`);
  }
  return new Reading(registry[CONTENTS], scopeOf(options, otherwise), formatOf(contentType));
}
