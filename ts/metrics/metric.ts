/** What all metrics have in common: configuration, registration, labels, reading. */

import { inspect } from 'node:util';

import { jsonRows, PROMETHEUS_CONTENT_TYPE } from '../exposition';
import {
  labelSets,
  labelsOf,
  validateLabelNames,
  validateLabels,
  validateMetricName,
} from '../labels';
import { collecting, Roster, Series, type Kind, type Update } from '../storage';
import { validateAggregator } from './aggregators';
import { reusable } from './reuse';
import { exemplarText } from './exemplar';
import type {
  LabelValues,
  MetricConfiguration,
  MetricObjectWithValues,
  MetricValueWithName,
  Registers,
  Scope,
  ScopeOptions,
} from './types';

const EMPTY: LabelValues<string> = {};

/** The registry of metrics that name none; `registry.ts` puts it here, because imports only point down. */
export const home: { register: Registers | null } = { register: null };

/** Configuration as the classes hand it on: with the type's own defaults and bounds. */
export interface Given {
  name: string;
  /** A string by its type; prom-client takes anything that is true. */
  help: string | number;
  labelNames?: readonly string[];
  registers?: readonly Registers[];
  aggregator: string;
  enableExemplars: boolean;
  collect?: unknown;
  buckets?: readonly number[];
  percentiles?: readonly number[];
  maxAgeSeconds?: number;
  ageBuckets?: number;
  pruneAgedBuckets?: boolean;
  compressCount?: number;
  ifExists?: unknown;
  ttlSeconds?: number;
  labelValues?: Readonly<Record<string, unknown>>;
}

/** The configuration of a metric of any type. */
type AnyConfiguration<T extends string> = Omit<MetricConfiguration<T>, 'aggregator'> & {
  aggregator?: string;
};

export abstract class Metric<T extends string = string> {
  readonly name!: string;
  readonly help!: string;
  readonly labelNames!: readonly T[];
  readonly registers!: readonly Registers[];
  readonly aggregator!: string;
  readonly enableExemplars!: boolean;
  readonly type: Kind['type'];
  /** Called before the metric is read, with `this` the metric; may be assigned at any time. */
  collect?(this: this): void | Promise<void>;

  /** @internal This isolate's handles. */
  readonly roster: Roster;
  /** @internal Called when a registry has let go of the metric. */
  left: (() => void) | null = null;
  /** From labels to a handle; a property of its own because every update calls it. */
  protected readonly find: (labels: object) => Series;
  /** The handle of the series without labels. */
  protected single: Series = new Series();

  /**
   * @param config what the user gave
   * @param kind the type's cells
   * @param defaults the type's own defaults
   * @param numbers the type's numbers: see `Shape`
   * @throws TypeError|Error with prom-client's messages, in its order
   */
  protected constructor(
    config: AnyConfiguration<T>,
    kind: Kind,
    defaults: Partial<Given>,
    numbers: (given: Given) => number[] = ({ buckets }) => (buckets ?? []).map(Number),
  ) {
    if (config === null || typeof config !== 'object') {
      throw new TypeError('constructor expected a config object');
    }
    const given: Given = Object.assign(
      { labelNames: [], registers: undefined, aggregator: 'sum', enableExemplars: false },
      defaults,
      config,
    );
    if (defaults.buckets !== undefined) given.buckets ??= defaults.buckets;
    const registers = given.registers ?? [home.register!];
    const labelNames = given.labelNames ?? [];
    if (!given.help) throw new Error('Missing mandatory help parameter');
    if (!given.name) throw new Error('Missing mandatory name parameter');
    if (!validateMetricName(given.name)) throw new Error('Invalid metric name');
    if (!validateLabelNames(labelNames)) throw new Error('Invalid label name');
    if (given.collect && typeof given.collect !== 'function') {
      throw new Error('Optional "collect" parameter must be a function');
    }
    validateAggregator(kind.type, given.aggregator, labelNames.map(String));
    const { ifExists, labelValues, ttlSeconds } = given;
    if (ttlSeconds !== undefined) validateLife(ttlSeconds, kind, given.aggregator);
    const initial = labelValues ? labelSets(labelNames, labelValues) : [];
    const there = reusable(ifExists, registers, { ...given, labelNames }, kind.type, isMetric);
    this.type = kind.type;
    this.roster =
      there?.roster ??
      new Roster(
        {
          name: given.name,
          help: String(given.help),
          kind,
          aggregator: given.aggregator ?? 'sum',
          labelNames: labelNames.map(String),
          bounds: numbers(given),
          exemplars: given.enableExemplars,
        },
        () => this.labelNames,
      );
    this.find = this.roster.find;
    // prom-client's users find all keys of their configuration on the metric. Those that are fields
    // here exist already, so that metrics of one class share a hidden class.
    const { type, roster, find, single } = this;
    Object.assign(this, given, { labelNames, registers, type, roster, find, single });
    if (there !== null) this.roster.collect = null;
    // Also a method of a subclass.
    if (this.collect) this.announceCollect();
    for (const register of registers) {
      if (this.enableExemplars && register.contentType === PROMETHEUS_CONTENT_TYPE) {
        throw new TypeError('Exemplars are supported only on OpenMetrics registries');
      }
      if (there !== null && register.getSingleMetric!(given.name) === there) {
        register.replaceMetric!(there as never, this as never);
      } else register.registerMetric(this as never);
    }
    if (labelNames.length === 0) this.begin();
    this.roster.begin(initial);
    if (ttlSeconds !== undefined && labelNames.length > 0 && there === null) {
      this.roster.expireAfter(ttlSeconds);
    }
  }

  /**
   * Reads the metric, after its `collect`.
   *
   * @param options scope: `application` (default) for the sum over all processes, `process` or
   *   `thread` for the caller's own part
   */
  async get(options?: ScopeOptions): Promise<MetricObjectWithValues<MetricValueWithName<T>>> {
    const scope = scopeOf(options, 'application');
    const answers = scope === 'application' ? this.roster.family.ring() : undefined;
    await this.runCollect();
    if (answers !== undefined) await answers;
    const rows: unknown = jsonRows(await this.roster.family.read(scope));
    return rows as MetricObjectWithValues<MetricValueWithName<T>>;
  }

  /** Sets this process's own part back to where a new metric stands. */
  abstract reset(): void;

  /**
   * Removes a series: for all processes, but of a gauge this process's part only.
   *
   * @param args a label object, or a value for each label name
   * @throws Error for labels that are not declared
   */
  remove(...args: unknown[]): void {
    const labels = labelsOf(this.labelNames, args) ?? EMPTY;
    validateLabels(this.labelNames, labels);
    this.roster.remove(labels);
  }

  /** @internal Runs `collect`; what it throws rejects. Returns undefined if there is nothing to wait for. */
  runCollect(): Promise<void> | undefined {
    if (!this.collect) return undefined;
    // A field of a subclass is set without our being told.
    this.announceCollect();
    const result = collecting(() => this.collect!());
    return result instanceof Promise ? (result as Promise<void>) : undefined;
  }

  /** @internal Lets scrapes of other processes run `collect`, if they do not yet. */
  announceCollect(): void {
    if (this.roster.collect !== null) return;
    this.roster.collect = () => this.runCollect();
    this.roster.family.collects();
  }

  /** The child that was made for these arguments of `labels()`, if it can be used again. */
  protected childOf(args: readonly unknown[]): unknown {
    if (args.length === 0 || args.length !== this.labelNames.length) return null;
    const h = this.roster.at(args);
    return h?.live === true ? h.child : null;
  }

  /** Records an exemplar of a series that was just updated; throws for labels that none can have. */
  protected exemplify(labels: object, place: number, value: number, given: object): void {
    const label = exemplarText(given);
    const time = Date.now() / 1000;
    this.roster.family.exemplify(this.find(labels), { place, value, time, label });
  }

  /** Shows the series without labels, at zero. */
  protected begin(): void {
    this.single = this.roster.settle(this.single, null);
  }

  /** The slow path of updates; see {@link Roster.update}. */
  protected update(
    h: Series,
    labels: object | null,
    update: Update,
    value: number,
    bucket = 0,
  ): void {
    const target = this.roster.update(h, labels, update, value, bucket);
    if (labels === null) this.single = target;
  }
}

function validateLife(seconds: unknown, kind: Kind, aggregator: string): void {
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds < Infinity)) {
    throw new TypeError(`ttlSeconds must be a number above 0, and is ${inspect(seconds)}`);
  }
  if (kind.shared) throw new TypeError("ttlSeconds cannot be had with the aggregator 'shared'");
  // Whether others update a series is seen by what they show together: a maximum would hide it.
  if (kind.adds && aggregator !== 'sum') {
    throw new TypeError(`ttlSeconds needs the aggregator 'sum', and it is ${inspect(aggregator)}`);
  }
}

function isMetric(one: unknown): one is Metric {
  return one instanceof Metric;
}

// `collect` may be assigned at any time, and other processes are to know. The first assignment makes it
// the ordinary property that prom-client has.
Object.defineProperty(Metric.prototype, 'collect', {
  configurable: true,
  get: () => undefined,
  set(this: Metric, value: Metric['collect']) {
    Object.defineProperty(this, 'collect', {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
    if (typeof value === 'function') this.announceCollect();
  },
});

/**
 * The scope to read: as asked for, else the method's own, where `MPMETRICS_SCOPE` may make `process` of
 * `application`.
 *
 * @throws TypeError for anything else than a scope
 */
export function scopeOf(options: ScopeOptions | undefined, otherwise: Scope): Scope {
  const asked: unknown = options?.scope;
  if (asked === 'application' || asked === 'process' || asked === 'thread') return asked;
  if (asked !== undefined) {
    throw new TypeError(
      `scope must be 'application', 'process' or 'thread', and is ${inspect(asked)}`,
    );
  }
  const narrowed = otherwise === 'application' && process.env['MPMETRICS_SCOPE'] === 'process';
  return narrowed ? 'process' : otherwise;
}
