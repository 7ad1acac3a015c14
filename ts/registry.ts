/** Registries: which metrics belong together, and what is printed of them. */

import {
  fillDefaults,
  isSupported,
  joinMetrics,
  jsonRows,
  metricText,
  OPENMETRICS_CONTENT_TYPE,
  ownDefaults,
  PROMETHEUS_CONTENT_TYPE,
  textRows,
  type MetricRows,
  type Printable,
  type RegistryContentType,
  type RowLabels,
} from './exposition';
import { labelText } from './labels';
import { home, Metric, scopeOf, type ScopeOptions } from './metrics';
import {
  heap,
  HeapFamily,
  parseFamilies,
  share,
  storageKind,
  unshare,
  type Selection,
} from './storage';

/** What a registry can hold: a metric of ours, or anything that is read as one. */
export interface DuckMetric {
  name?: string;
  get(): unknown;
  getForPromString?(): unknown;
  reset?(): void;
}

export interface RegistryOptions {
  /** Registries of one name are one, in all processes and however often they are made. */
  name?: string;
  /** False: its metrics stay in this process's own memory. */
  shared?: boolean;
  contentType?: RegistryContentType;
}

/** A registry's contents; registries of one name have theirs in common. */
interface Contents {
  readonly metrics: Map<string, Metric | DuckMetric>;
  defaults: RowLabels;
  /** Number of the registry in this isolate, for default labels. */
  readonly group: number;
}

const DEFAULT_TAG = 'default';
const ANONYMOUS_TAG = 'anonymous';
/** Copies of this package in one isolate share its writer, and so the numbers of registries. */
const GROUPS = Symbol.for('mpmetrics.groups');
const DEFAULT_REGISTER = Symbol.for('mpmetrics.register.15');

const named = new Map<string, Contents>();

export class Registry {
  /** The text format's Content-Type. */
  static get PROMETHEUS_CONTENT_TYPE(): typeof PROMETHEUS_CONTENT_TYPE {
    return PROMETHEUS_CONTENT_TYPE;
  }

  /** OpenMetrics' Content-Type. */
  static get OPENMETRICS_CONTENT_TYPE(): typeof OPENMETRICS_CONTENT_TYPE {
    return OPENMETRICS_CONTENT_TYPE;
  }

  /** The default registry. */
  static globalRegistry: Registry;

  /** The tag of its families in the heap; null for a registry that is not shared. */
  private readonly tag: string | null;
  private readonly contents: Contents;
  private type: RegistryContentType;

  /**
   * @param options a name or `shared: false`, or prom-client's Content-Type. Without a name it shows
   *   the metrics declared on it, over all processes, if it is the first in its process to declare
   *   that metric's name; else that metric is private.
   * @param tag internal: how its families are marked in the heap
   * @throws TypeError for a Content-Type that is not supported, or a name with a NUL in it
   */
  constructor(options?: RegistryOptions | RegistryContentType, tag?: string) {
    const given = typeof options === 'object' ? options : { contentType: options };
    const type = given.contentType ?? PROMETHEUS_CONTENT_TYPE;
    if (!isSupported(type)) throw new TypeError(`Content type ${type} is unsupported`);
    this.type = type;
    const { name, shared = true }: RegistryOptions = given;
    this.tag = shared ? (tag ?? tagOf(name)) : null;
    this.contents = name === undefined || !shared ? newContents() : namedContents(name);
  }

  /**
   * All metrics as text, after their `collect`.
   *
   * @param options scope: `application` (default) or `process`
   * @returns rejects if a `collect` throws
   */
  async metrics(options?: ScopeOptions): Promise<string> {
    const { selection, own } = await this.gather(options);
    const text = selection === null ? '' : await heap.scrape('text', selection);
    return joinMetrics(text.length <= 1 ? own : [text.slice(0, -1), ...own]);
  }

  /** {@link metrics}, as UTF-8: the output of native code is never a JavaScript string. */
  async metricsBuffer(options?: ScopeOptions): Promise<Buffer> {
    const { selection, own } = await this.gather(options);
    const bytes = selection === null ? null : await heap.scrapeBuffer(selection);
    if (bytes === null || bytes.length <= 1) return Buffer.from(joinMetrics(own));
    return own.length === 0 ? bytes : Buffer.concat([bytes, Buffer.from(`\n${joinMetrics(own)}`)]);
  }

  /**
   * All metrics as objects, after their `collect`, as `aggregate()` takes them.
   *
   * @param options scope: `process` (default, because who sends these over IPC adds them up) or
   *   `application`
   */
  async getMetricsAsJSON(options?: ScopeOptions): Promise<MetricRows[]> {
    const metrics = this.getMetricsAsArray();
    const process = scopeOf(options, 'process') === 'process';
    const answers = this.ring(metrics, process);
    const ducks = metrics.filter((metric) => !(metric instanceof Metric)).map(readDuck);
    const [rest] = await Promise.all([Promise.all(ducks), collectAll(metrics)]);
    if (answers !== undefined) await answers;
    const all: MetricRows[] = [];
    const selection = this.select(metrics, process, () => true);
    if (selection !== null) {
      for (const family of parseFamilies(await heap.scrape('json', selection))) {
        all.push(jsonRows(family, this.owns(family.tag, family.name) ? ownDefaults : this.given));
      }
    }
    for (const metric of metrics) {
      if (metric instanceof Metric && !metric.roster.family.shared) {
        all.push(jsonRows(await metric.roster.family.read(true), this.given));
      }
    }
    for (const rows of rest) all.push(this.withDefaultLabels(rows));
    return all;
  }

  /** All metrics of this process's registry. */
  getMetricsAsArray(): (Metric | DuckMetric)[] {
    return [...this.contents.metrics.values()];
  }

  /**
   * One metric as text, without a line break at the end.
   *
   * @param metric of this registry or not
   */
  async getMetricsAsString(metric: Metric | DuckMetric, options?: ScopeOptions): Promise<string> {
    // Asked of undefined too, which must throw what prom-client throws.
    const duck = typeof (metric as DuckMetric).getForPromString === 'function';
    if (duck || !(metric instanceof Metric)) return this.duckText(metric);
    const process = scopeOf(options, 'application') === 'process';
    const answers = process ? undefined : metric.roster.family.ring();
    await metric.runCollect();
    if (answers !== undefined) await answers;
    const selection = this.select([metric], process, (one) => this.printsNatively(one), true);
    if (selection === null) return this.familyText(metric, process);
    return (await heap.scrape('text', selection)).slice(0, -1);
  }

  /**
   * Adds a metric; its constructor does so by itself.
   *
   * @param metric any object with a `get()` will do
   * @throws Error if another metric has its name
   */
  registerMetric(metric: Metric | DuckMetric): void {
    const { metrics, group } = this.contents;
    const name = String(metric.name);
    const there = metrics.get(name);
    if (there !== undefined && there !== metric) {
      throw new Error(`A metric with the name ${name} has already been registered.`);
    }
    metrics.set(name, metric);
    if (metric instanceof Metric && this.tag !== null && !owners.has(metric)) {
      if (share(metric.roster, this.tag, group)) owners.set(metric, this.contents);
    }
  }

  /** Takes a metric off; it goes on privately. Other processes' parts are not touched. */
  removeSingleMetric(name: string): void {
    const metric = this.contents.metrics.get(name);
    this.contents.metrics.delete(name);
    if (metric !== undefined) this.disown(metric);
  }

  /** The metric of that name in this process. */
  getSingleMetric(name: string): Metric | DuckMetric | undefined {
    return this.contents.metrics.get(name);
  }

  /** {@link getMetricsAsString} of the metric with that name. */
  async getSingleMetricAsString(name: string, options?: ScopeOptions): Promise<string> {
    return this.getMetricsAsString(this.contents.metrics.get(name)!, options);
  }

  /** Resets this process's own part of all metrics. */
  resetMetrics(): void {
    for (const metric of this.contents.metrics.values()) metric.reset?.();
  }

  /** Takes all metrics off, and the default labels. Other processes' parts are not touched. */
  clear(): void {
    const metrics = this.getMetricsAsArray();
    this.contents.metrics.clear();
    for (const metric of metrics) this.disown(metric);
    this.setDefaultLabels({});
  }

  /** Labels that are printed with every series that does not have them itself. */
  setDefaultLabels(labels: object): void {
    this.contents.defaults = labels as RowLabels;
    if (this.tag !== null) heap.defaultLabels(this.contents.group, labelText(labels));
  }

  get contentType(): RegistryContentType {
    return this.type;
  }

  /** @throws Error for a Content-Type that is not supported */
  setContentType(contentType: RegistryContentType): void {
    if (!isSupported(contentType)) throw new Error(`Content type ${contentType} is unsupported`);
    this.type = contentType;
  }

  /**
   * A registry with the metrics of all.
   *
   * @throws Error if their Content-Types differ, or two of their metrics have one name
   */
  static merge(registers: readonly Registry[]): Registry {
    const contentType = registers[0]!.contentType;
    for (const register of registers) {
      if (register.contentType !== contentType) {
        throw new Error('Registers can only be merged if they have the same content type');
      }
    }
    const merged = new Registry({ contentType, shared: false });
    for (const register of registers) {
      for (const metric of register.getMetricsAsArray()) merged.registerMetric(metric);
    }
    return merged;
  }

  /** What is to be read in the heap, and the text of everything else, after all `collect`s. */
  private async gather(
    options: ScopeOptions | undefined,
  ): Promise<{ selection: Selection | null; own: string[] }> {
    const process = scopeOf(options, 'application') === 'process';
    const metrics = this.getMetricsAsArray();
    const answers = this.ring(metrics, process);
    const texts = await Promise.all(
      metrics.map(async (metric) => {
        if (!(metric instanceof Metric)) return this.duckText(metric);
        await metric.runCollect();
        if (this.printsNatively(metric)) return null;
        if (answers !== undefined) await answers;
        return this.familyText(metric, process);
      }),
    );
    if (answers !== undefined) await answers;
    const selection = this.select(metrics, process, (metric) => this.printsNatively(metric));
    return { selection, own: texts.filter((text) => text !== null) };
  }

  /**
   * Asks other processes to run their `collect` callbacks, if any of them may show here.
   *
   * @returns what to wait for before anything is read; never rejects
   */
  private ring(
    metrics: readonly (Metric | DuckMetric)[],
    process: boolean,
  ): Promise<void> | undefined {
    if (process) return undefined;
    if (this.tag !== null && this.tag !== ANONYMOUS_TAG && heap.open(false)) return heap.ring();
    const shared = metrics.find(
      (metric) => metric instanceof Metric && metric.roster.family.shared,
    ) as Metric | undefined;
    return shared?.roster.family.ring();
  }

  /**
   * What to read in the heap: all of this registry's tag, and those of its metrics that lie elsewhere.
   *
   * @param wanted which of the metrics
   * @param only nothing but these metrics
   * @returns null for nothing
   */
  private select(
    metrics: readonly (Metric | DuckMetric)[],
    process: boolean,
    wanted: (metric: Metric) => boolean,
    only = false,
  ): Selection | null {
    const whole = this.tag === null || this.tag === ANONYMOUS_TAG || only ? null : this.tag;
    if (whole !== null && !heap.open(false)) return null;
    heap.flush();
    const families: string[] = [];
    for (const metric of metrics) {
      if (!(metric instanceof Metric)) continue;
      metric.roster.retry();
      const { family } = metric.roster;
      if (family instanceof HeapFamily && family.tag !== whole && wanted(metric)) {
        families.push(`${family.tag}\0${family.name}`);
      }
    }
    if (whole === null && families.length === 0) return null;
    return { process, tags: whole === null ? [] : [whole], families };
  }

  /** Native code prints the default labels of the registry that a metric was declared on. */
  private printsNatively(metric: Metric): boolean {
    if (!(metric.roster.family instanceof HeapFamily)) return false;
    const owner = owners.get(metric);
    if (owner === this.contents) return true;
    return isEmpty(this.contents.defaults) && (owner === undefined || isEmpty(owner.defaults));
  }

  private owns(tag: string, name: string): boolean {
    if (tag !== ANONYMOUS_TAG) return tag === this.tag;
    const metric = this.contents.metrics.get(name);
    return metric instanceof Metric && owners.get(metric) === this.contents;
  }

  private async familyText(metric: Metric, process: boolean): Promise<string> {
    const family = await metric.roster.family.read(process);
    return metricText(textRows(family), this.given());
  }

  private async duckText(metric: DuckMetric): Promise<string> {
    const rows =
      typeof metric.getForPromString === 'function'
        ? await metric.getForPromString()
        : await metric.get();
    return metricText(rows as Printable, this.given());
  }

  private withDefaultLabels(rows: MetricRows): MetricRows {
    const defaults = this.given();
    // Optional: an object with a `get()` will do, whatever it yields.
    for (const row of rows.values ?? []) row.labels = fillDefaults(row.labels, defaults);
    return rows;
  }

  /** The default labels of this registry, null for none. */
  private readonly given = (): RowLabels | null =>
    isEmpty(this.contents.defaults) ? null : this.contents.defaults;

  private disown(metric: Metric | DuckMetric): void {
    if (!(metric instanceof Metric) || owners.get(metric) !== this.contents) return;
    owners.delete(metric);
    unshare(metric.roster);
  }
}

/** On which registry a metric in the heap was declared. */
const owners = new WeakMap<Metric, Contents>();

async function collectAll(metrics: readonly (Metric | DuckMetric)[]): Promise<void> {
  await Promise.all(
    metrics.map(async (metric) => {
      if (metric instanceof Metric) await metric.runCollect();
    }),
  );
}

async function readDuck(metric: DuckMetric): Promise<MetricRows> {
  return (await metric.get()) as MetricRows;
}

function isEmpty(labels: RowLabels): boolean {
  return Object.keys(labels).length === 0;
}

function tagOf(name: string | undefined): string {
  if (name === undefined) return ANONYMOUS_TAG;
  // Native code is told a family as its tag and its name with a NUL between.
  if (name.includes('\0')) {
    throw new TypeError(`A registry's name must be without NUL, and is ${JSON.stringify(name)}`);
  }
  return `name:${name}`;
}

function newContents(): Contents {
  const counter = globalThis as { [GROUPS]?: number };
  const group = (counter[GROUPS] ?? 0) + 1;
  counter[GROUPS] = group;
  return { metrics: new Map(), defaults: {}, group };
}

function namedContents(name: string): Contents {
  let contents = named.get(name);
  if (contents === undefined) {
    contents = newContents();
    named.set(name, contents);
  }
  return contents;
}

/** The default registry: one for all copies of this package that count in memory storage. */
function defaultRegistry(): Registry {
  const fresh = new Registry({}, DEFAULT_TAG);
  // Test runners load a module afresh to isolate tests, and expect an empty registry.
  const isolated =
    process.env['JEST_WORKER_ID'] !== undefined || process.env['VITEST'] !== undefined;
  if (isolated || storageKind() !== 'memory') return fresh;
  const shared = globalThis as { [DEFAULT_REGISTER]?: Registry };
  shared[DEFAULT_REGISTER] ??= fresh;
  return shared[DEFAULT_REGISTER];
}

/** The registry of metrics that name none. */
export const register: Registry = defaultRegistry();
Registry.globalRegistry = register;
home.register = register;
