/** The registry of prom-client's API. */

import { inspect } from 'util';

import { shown, unfit } from '../errors';
import {
  formatOf,
  isSupported,
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
  warnOfMisspelt,
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
import type { Snapshot } from '../snapshot';
import { aggregatorOf, byName } from './aggregated';
import type { CollectorOptions, MetricCollector } from './collectors';
import { ANONYMOUS_TAG, Contents } from './contents';
import type { DuckMetric } from './registered';
import { hostsBuffer } from './hosts';
import { prefixOf } from './naming';
import { jsonOf, textOf } from './overridden';
import { Reading } from './reading';
import { writeTextfile, type TextfileOptions } from './textfile';

export interface RegistryOptions {
  /** Registries with the same name are one registry, in all processes and however often they are made. */
  name?: string;
  /** False: the registry's metrics are in memory of this thread's own, and no other process or thread shows them. */
  shared?: boolean;
  contentType?: RegistryContentType;
  /** What this registry prints before the names of all metrics, of this and of other processes. */
  prefix?: string;
}

/** The names of {@link RegistryOptions}. */
const OPTIONS: readonly (keyof RegistryOptions)[] = ['name', 'shared', 'contentType', 'prefix'];

/** Makes a registry that is not shared. Not in the class, because a bundler renames a class that uses its own name. */
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

  /** The registry of metrics whose configuration names none; it may be replaced. */
  static get globalRegistry(): Registry {
    return home.register as Registry;
  }

  static set globalRegistry(register: Registry) {
    home.register = register;
  }

  /** @internal The contents of the registry, which registries of one name share. */
  declare readonly [CONTENTS]: Contents;
  /** @internal */
  declare [TYPE]: T;

  /**
   * @param options see {@link RegistryOptions}, or a Content-Type, as in prom-client. A registry without a name shows
   *   what all processes counted in its metrics. If two registries without a name in one process have a metric of the
   *   same name, the second metric is not shared with other processes.
   * @param tag internal: the tag of the registry's families in the heap
   * @throws TypeError for a Content-Type that is not supported, a name that is not a string or contains NUL, a `shared`
   *   that is neither true nor false, or a prefix with which no metric's name may begin
   */
  constructor(options?: RegistryOptions | RegistryContentType, tag: string = ANONYMOUS_TAG) {
    const object = typeof options === 'object' && options !== null;
    const given = object ? options : { contentType: options };
    const { contentType: type = PROMETHEUS_CONTENT_TYPE } = given;
    if (!isSupported(type)) throw new TypeError(`Content type ${type} is unsupported`);
    const { name, shared = true, prefix }: RegistryOptions = given;
    if (name !== undefined && typeof name !== 'string') throw unfit('name', 'a string', name);
    if (typeof shared !== 'boolean') throw unfit('shared', 'true or false', shared);
    const before = prefix === undefined ? null : prefixOf(prefix);
    if (object) warnOfMisspelt(options, OPTIONS, 'a registry');
    const own = (): Contents => new Contents(shared ? tag : null);
    hide(this, CONTENTS, shared && name !== undefined ? Contents.of(name) : own());
    hide(this, TYPE, type);
    if (before !== null) this[CONTENTS].prefix = before;
  }

  /**
   * Returns all metrics as text, after their `collect` callbacks have run.
   *
   * @param options scope: `application` (default), `process`, `thread` or `hosts`; contentType: the registry's own if left
   *   out
   * @returns rejects if a `collect` throws; with the scope `hosts` also while not all hosts can be read
   */
  async metrics(options?: PrintOptions): Promise<string> {
    if (options?.scope === 'hosts') return (await this.metricsBuffer(options)).toString();
    if (overridden(this)) return textOf(this, this[CONTENTS], options);
    return read(this, options, 'application').text();
  }

  /**
   * Returns {@link metrics} as UTF-8. The text that native code prints is never a JavaScript string, unless a subclass
   * or the program has replaced a method that makes the text.
   */
  async metricsBuffer(options?: PrintOptions): Promise<Bytes> {
    if (options?.scope === 'hosts') {
      return hostsBuffer(this[CONTENTS], options.contentType ?? this.contentType);
    }
    const plain = (this as Methods).metrics === own.metrics && !overridden(this);
    if (!plain) return Buffer.from(await this.metrics(options));
    return read(this, options, 'application').buffer();
  }

  /**
   * Returns all metrics as a value that can be stored, joined with those of other applications, and printed, after their
   * `collect` callbacks have run. Names have the registry's prefix, and series have the default labels. Metrics in memory
   * storage, and metric objects of other libraries, are kept as the rows of their text.
   *
   * @param options scope as of {@link metrics}
   * @returns rejects if a `collect` throws, and with an MpmetricsError `ERR_MPMETRICS_UNSUPPORTED` without the native
   *   module
   */
  async snapshot(options?: ScopeOptions): Promise<Snapshot> {
    const scope = scopeOf(options, 'application');
    return new Reading(this[CONTENTS], scope, 'text').snapshot();
  }

  /**
   * Writes all metrics, after their `collect` callbacks have run, into a file for node_exporter's textfile collector.
   * Readers see the old file or the new one, never a part.
   *
   * @param path the file, whose name ends with `.prom`
   * @param options mode: of the file, 0o644 if left out; scope as of {@link metrics}
   * @returns rejects if a `collect` throws, and with the error of the system; the old file is then as it was
   */
  async writeToTextfile(path: string, options?: TextfileOptions): Promise<void> {
    await writeTextfile(this, path, options);
  }

  /**
   * Returns all metrics as objects, after their `collect` callbacks have run. `aggregate()` accepts these objects.
   *
   * @param filter selects metrics with this `aggregator`; may be left out, so that `options` come first
   * @param options scope: `thread` (default, because programs send these objects over IPC and add them up), `process`
   *   or `application`
   */
  async getMetricsAsJSON(
    filter?: string | ScopeOptions,
    options: ScopeOptions | undefined = typeof filter === 'object' ? filter : undefined,
  ): Promise<MetricObjectWithValues<MetricValueWithName<string>>[]> {
    const aggregator = typeof filter === 'object' ? undefined : filter;
    const rows: unknown = await ((this as Methods).getMetricsAsArray === own.getMetricsAsArray
      ? read(this, options, 'thread').json(aggregator)
      : jsonOf(this, this[CONTENTS], aggregator, { scope: scopeOf(options, 'thread') }));
    return rows as MetricObjectWithValues<MetricValueWithName<string>>[];
  }

  /**
   * Returns all metrics that this isolate has registered.
   *
   * @param aggregator selects metrics with this `aggregator`; a metric without one counts as `sum`
   */
  getMetricsAsArray(aggregator?: string): (MetricObject & DuckMetric)[] {
    return this[CONTENTS].all(aggregator) as (MetricObject & DuckMetric)[];
  }

  /**
   * Returns one metric as text, without a line break at the end.
   *
   * @param metric may belong to this registry or not
   */
  async getMetricsAsString(metric: Metric | DuckMetric, options?: PrintOptions): Promise<string> {
    return read(this, options, 'application').metric(metric);
  }

  /**
   * Adds a metric. The constructor of a metric adds it to its registries.
   *
   * @param metric any object with a `get()` is accepted
   * @throws Error if another metric has its name
   */
  registerMetric(metric: Metric | DuckMetric): void {
    this[CONTENTS].add(metric);
  }

  /**
   * Adds a collector: an object whose `collect()` yields several metrics, which are made for one scrape. It runs when
   * this thread scrapes the registry; with `everywhere` also when another process or thread does. A metric whose name is
   * taken is left out, with one warning.
   *
   * @param collector its `collect` returns metrics, or objects such as `get()` resolves with, or a promise of these
   * @returns a function that removes the collector
   * @throws TypeError for an object without a function `collect`, or an invalid option
   */
  registerCollector(collector: MetricCollector, options?: CollectorOptions): () => void {
    return this[CONTENTS].collectors.add(collector, options);
  }

  /**
   * Removes a metric, and moves this thread's part of it to memory storage. Does not change the parts of other
   * processes and threads.
   */
  removeSingleMetric(name: string): void {
    this[CONTENTS].delete(name);
  }

  /** Returns the metric of that name that this isolate has registered. */
  getSingleMetric<L extends string>(name: string): AnyMetric<L> | undefined {
    return this[CONTENTS].metrics.get(name) as AnyMetric<L> | undefined;
  }

  /** Returns {@link getMetricsAsString} of the metric with that name. */
  async getSingleMetricAsString(name: string, options?: PrintOptions): Promise<string> {
    return this.getMetricsAsString(this[CONTENTS].metrics.get(name)!, options);
  }

  /** Resets this thread's own part of all metrics. */
  resetMetrics(): void {
    for (const metric of this[CONTENTS].metrics.values()) metric.reset?.();
  }

  /**
   * Removes all metrics, collectors and default labels, and keeps the prefix. Does not change parts of other processes
   * and threads.
   */
  clear(): void {
    this[CONTENTS].clear();
  }

  /** Sets labels that are printed with every series that does not have them itself. */
  setDefaultLabels(labels: object): void {
    this[CONTENTS].setDefaults(labels as RowLabels);
  }

  /**
   * Sets what this registry prints before the names of all metrics, of this and of other processes: in text,
   * OpenMetrics and JSON. `getSingleMetric()` takes names without the prefix, and `clear()` keeps it.
   *
   * @throws TypeError for a prefix with which no metric's name may begin
   */
  setPrefix(prefix: string): void {
    this[CONTENTS].prefix = prefixOf(prefix);
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
   * Returns a new registry with the metrics of all given registries.
   *
   * @throws Error if their Content-Types differ, or two of their metrics have the same name; TypeError if `registers`
   *   is not an array of registries, or is empty
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
   * Returns a new registry that shows the results of `getMetricsAsJSON()` of several processes or threads. Metrics with
   * the same name are joined by the first one's `aggregator`; without one, their values are added.
   *
   * @param metrics one array for each process or thread, as returned or parsed from JSON
   * @param contentType the Content-Type of the new registry
   * @throws Error for a Content-Type that is not supported, or an unknown `aggregator`; TypeError if `metrics` is not
   *   an array of arrays
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

/** Methods that other methods of the registry call, also if a user has overridden them, as in prom-client. */
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

function isMergeable(one: unknown): boolean {
  return typeof (one as Partial<Registry> | null | undefined)?.getMetricsAsArray === 'function';
}

/** Returns the contents of a registry; undefined for any other object, such as a registry of prom-client. */
export function contentsOf(registry: object): Contents | undefined {
  return (registry as Partial<Registry>)[CONTENTS];
}

function read(
  registry: Registry<RegistryContentType>,
  options: PrintOptions | undefined,
  otherwise: Scope,
): Reading {
  // As in prom-client, the Content-Type that a subclass returns is not checked.
  const { contentType = registry.contentType } = options ?? {};
  if (options?.contentType !== undefined && !isSupported(contentType)) {
    throw new Error(`Content type ${contentType} is unsupported`);
  }
  return new Reading(registry[CONTENTS], scopeOf(options, otherwise), formatOf(contentType));
}
