/** What all metrics have in common: configuration, registration, labels, reading. */

import { inspect } from 'util';

import { unfit } from '../errors';
import { jsonRows, PROMETHEUS_CONTENT_TYPE } from '../exposition';
import {
  invalidLabelNames,
  labelSets,
  labelsOf,
  validateLabels,
  validateMetricName,
  type LabelDefaults,
} from '../labels';
import {
  collecting,
  gaugeKind,
  NOTHING_ASKED,
  Roster,
  Handle,
  plainType,
  type Kind,
  type MetricType,
  type Update,
} from '../storage';
import { validateAggregator } from './aggregators';
import type { Everywhere } from './api';
import type { MetricConfiguration, Registers } from './configuration';
import { validateDead } from './dead';
import { exemplarText } from './exemplar';
import { fullName, piecesOf } from './full-name';
import { labelRules, warnOfOptions, type Given } from './given';
import { hashMapOf, lend } from './hash-map';
import * as hidden from './hidden';
import { inspected, ownValues } from './inspection';
import { labelNamesOf, listOfNumbers, registersOf } from './options';
import { reusable } from './reuse';
import type {
  LabelValues,
  MetricObjectWithValues,
  MetricValueWithName,
  Scope,
  ScopeOptions,
} from './values';

// Constants of this file, because an imported one would be read from the other module's exports at each update.
const LEFT: typeof hidden.LEFT = hidden.LEFT;
const REPLACE: typeof hidden.REPLACE = hidden.REPLACE;
const FIND: typeof hidden.FIND = hidden.FIND;
const ROSTER: typeof hidden.ROSTER = hidden.ROSTER;
const SINGLE: typeof hidden.SINGLE = hidden.SINGLE;

const EMPTY: LabelValues<string> = {};

/**
 * The registry of metrics whose configuration names none. `ts/registry` sets it, because this file may not import that
 * folder (docs/ARCHITECTURE.md, "Ranks").
 */
export const home: { register: Registers | null } = { register: null };

/** The configuration of a metric of any type. */
type AnyConfiguration<T extends string> = Omit<MetricConfiguration<T>, 'aggregator'> & {
  aggregator?: string;
};

export abstract class Metric<T extends string = string> implements Everywhere<T> {
  // As in prom-client, the published types do not have the internal members. TypeScript accepts an object in place of a
  // metric only if the object has all members that the types have.
  /** @internal */
  readonly name!: string;
  /** @internal */
  readonly help!: string;
  /** @internal */
  readonly labelNames!: readonly T[];
  /** @internal */
  readonly registers!: readonly Registers[];
  /** @internal */
  readonly aggregator!: string;
  /** @internal */
  readonly enableExemplars!: boolean;
  /** @internal */
  readonly type: MetricType;
  /** @internal Called before the metric is read; `this` is the metric. May be assigned at any time. */
  collect?(this: this): void | Promise<void>;

  /** @internal */
  declare readonly [ROSTER]: Roster;
  /** @internal */
  declare readonly [FIND]: (labels: object) => Handle;
  /** @internal */
  declare [SINGLE]: Handle;
  /** @internal */
  declare [LEFT]: (() => void) | null;

  /**
   * @param config the user's configuration
   * @param of the kind of the metric's cells. A class that a user derived from this one passes no kind: as with
   *   prom-client, it passes the defaults of its options, or nothing. The `get` of such a class returns the values to
   *   show
   * @param more the defaults of the type
   * @param numbers makes the numbers of the metric: see `Shape.numbers`
   * @throws TypeError|Error with prom-client's messages, in the order of prom-client's checks
   */
  protected constructor(
    config: AnyConfiguration<T>,
    of: Kind | Partial<Given> = {},
    more: Partial<Given> = {},
    numbers: (given: Given) => number[] = ({ buckets }) => listOfNumbers('buckets', buckets ?? []),
  ) {
    if (config === null || typeof config !== 'object') {
      throw new TypeError('constructor expected a config object');
    }
    const foreign = !('sharedGauge' in of);
    const [kind, defaults] = foreign ? [gaugeKind, of] : [of, more];
    const given: Given = Object.assign(
      { labelNames: [], registers: undefined, aggregator: 'sum', enableExemplars: false },
      defaults,
      config,
    );
    if (defaults.buckets !== undefined) given.buckets ??= defaults.buckets;
    if (defaults.aggregator !== undefined) given.aggregator ??= defaults.aggregator;
    if (!given.help) throw new Error('Missing mandatory help parameter');
    if (!given.name) throw new Error('Missing mandatory name parameter');
    given.name = fullName(kind.type, given);
    // The messages begin with prom-client's, and end with what its successor `@prometheus-io/client` adds.
    if (!validateMetricName(given.name)) {
      throw new Error(`Invalid metric name: ${given.name}${piecesOf(given)}`);
    }
    const labelNames = labelNamesOf(given.labelNames);
    const invalid = invalidLabelNames(labelNames);
    if (invalid.length > 0) {
      const names = invalid.join(',');
      throw new Error(`Invalid label name. At least one label name is invalid: ${names}`);
    }
    if (given.collect && typeof given.collect !== 'function') {
      throw new Error('Optional "collect" parameter must be a function');
    }
    const registers = given.registers ? registersOf(given.registers) : [home.register!];
    validateAggregator(kind.type, given.aggregator, labelNames.map(String));
    validateDead(kind.type, given);
    const { ifExists, labelValues, ttlSeconds } = given;
    if (ttlSeconds !== undefined) validateLife(ttlSeconds, kind, given.aggregator);
    const { defaults: labelDefaults, limits, options } = labelRules(kind.type, labelNames, given);
    const initial = initialSets(labelNames, labelValues, labelDefaults, limits.overflow);
    warnOfOptions(config, given.name);
    const identity = { ...given, labelNames, type: kind.type };
    const there = reusable(
      ifExists,
      registers,
      identity,
      isMetric,
      (one) => one[ROSTER].shape.kind,
    );
    this.type = plainType(kind.type);
    const roster =
      there?.[ROSTER] ??
      new Roster(
        {
          name: given.name,
          help: String(given.help),
          kind,
          aggregator: given.aggregator ?? 'sum',
          labelNames: labelNames.map(String),
          numbers: numbers(given),
          states: kind.type === 'stateset' ? given.states! : [],
          exemplars: given.enableExemplars,
          maxSeries: limits.maxSeries,
          overflows: limits.overflow !== null,
        },
        () => this.labelNames,
        options,
      );
    hidden.hide(this, ROSTER, roster);
    hidden.hide(this, FIND, roster.find);
    hidden.hide(this, SINGLE, new Handle());
    hidden.hide(this, LEFT, null);
    // As in prom-client, all keys of the configuration become properties of the metric. The fields were defined before,
    // so that metrics of one class share a hidden class in V8.
    Object.assign(this, given, { labelNames, registers, type: this.type });
    if (there !== null) roster.collect = null;
    // A class that was written for prom-client creates its values in `reset`, as prom-client's own classes do.
    if (foreign) this.reset();
    // `collect` may also be a method of a subclass.
    if (this.collect) announceCollect(this);
    for (const register of registers) {
      if (this.enableExemplars && register.contentType === PROMETHEUS_CONTENT_TYPE) {
        throw new TypeError('Exemplars are supported only on OpenMetrics registries');
      }
      if (there !== null && register.getSingleMetric!(given.name) === there) {
        if (register[REPLACE] === undefined) {
          // The registry belongs to another copy of this package.
          register.removeSingleMetric!(given.name);
          register.registerMetric(this as never);
        } else register[REPLACE](there as never, this as never);
      } else register.registerMetric(this as never);
    }
    // The series without labels is shown at zero, from the declaration on.
    if (labelNames.length === 0 && !kind.open) this[SINGLE] = roster.bind(this[SINGLE], null);
    roster.begin(initial);
    if (ttlSeconds !== undefined && labelNames.length > 0 && there === null) {
      roster.expireAfter(ttlSeconds);
    }
  }

  async get(options?: ScopeOptions): Promise<MetricObjectWithValues<MetricValueWithName<T>>> {
    const scope = scopeOf(options, 'application');
    const roster = this[ROSTER];
    const ready = roster.family.others?.ready();
    if (ready !== undefined) await ready;
    const asked = roster.family.others?.ask(scope === 'application') ?? NOTHING_ASKED;
    try {
      const running = runCollect(this);
      if (running !== undefined) await running;
      const answers = asked.answers();
      // A metric that other processes do not see is read in the tick in which its `collect` settled, as by prom-client.
      if (answers !== undefined && roster.family.others !== null) await answers;
      const rows: unknown = jsonRows(roster.withTypes(await roster.family.read(scope)));
      return rows as MetricObjectWithValues<MetricValueWithName<T>>;
    } finally {
      asked.over();
    }
  }

  /** @internal */
  [inspect.custom](): object {
    const { name, help, type, labelNames, aggregator } = this;
    const values = ownValues(this[ROSTER]);
    return inspected(this, { name, help, type, labelNames, aggregator, values });
  }

  abstract reset(): void;

  remove(...args: unknown[]): void {
    remove(this, args, false);
  }

  removeEverywhere(...args: unknown[]): void {
    remove(this, args, true);
  }

  resetEverywhere(): void {
    const roster = this[ROSTER];
    roster.family.others?.removeAll();
    roster.reset(true);
    const { open, type } = roster.shape.kind;
    if (this.labelNames.length === 0 && !open && type !== 'histogram') {
      this[SINGLE] = roster.bind(this[SINGLE], null);
    }
  }
}

/** Returns the label sets that are shown from the declaration on; the one for refused series first. */
function initialSets(
  labelNames: readonly string[],
  labelValues: Readonly<Record<string, unknown>> | undefined,
  defaults: LabelDefaults | null,
  overflow: object | null,
): object[] {
  const sets: object[] = overflow === null ? [] : [overflow];
  if (labelValues) sets.push(...labelSets(labelNames, labelValues, defaults));
  else if (defaults?.complete === true) sets.push({});
  return sets;
}

function remove(metric: Metric, args: readonly unknown[], everywhere: boolean): void {
  const labels = labelsOf(metric.labelNames, args, metric[ROSTER].undefaulted) ?? EMPTY;
  validateLabels(metric.labelNames, labels);
  metric[ROSTER].remove(labels, everywhere);
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- only compared
const ownGet = Metric.prototype.get;

/** The method by which a registry prints some of prom-client's metrics, and which any metric may have. */
interface ForText {
  getForPromString?: unknown;
}

/** Whether only the metric itself knows its values, because its `get` was overridden or replaced. */
export function readsItself(metric: Metric): boolean {
  return metric.get !== ownGet || (metric as ForText).getForPromString !== undefined;
}

/** Whether only the metric itself knows its text: prom-client prints histograms and summaries without their `get`. */
export function printsItself(metric: Metric): boolean {
  if ((metric as ForText).getForPromString !== undefined) return true;
  return metric.get !== ownGet && (metric.type === 'counter' || metric.type === 'gauge');
}

/** Runs `collect`; throws or rejects as `collect` does. Returns undefined if there is nothing to wait for. */
export function runCollect(metric: Metric): Promise<void> | undefined {
  if (!metric.collect) return undefined;
  // A field `collect` of a subclass is defined without a call of the setter below.
  announceCollect(metric);
  const result = collecting(metric[ROSTER], () => metric.collect!());
  return result instanceof Promise ? (result as Promise<void>) : undefined;
}

/** Makes scrapes of other processes run `collect`, too, from now on. */
function announceCollect(metric: Metric): void {
  const roster = metric[ROSTER];
  if (roster.collect !== null) return;
  roster.collect = () => runCollect(metric);
  roster.family.others?.collects();
}

/** Returns the child that an earlier call of `labels()` with these arguments made, if it can be used again. */
export function childOf(metric: Metric, args: readonly unknown[]): unknown {
  if (args.length === 0 || args.length !== metric.labelNames.length) return null;
  const roster = metric[ROSTER];
  if (roster.adapts) return null;
  const h = roster.at(args);
  return h?.live === true && !h.retyped ? h.child : null;
}

/** Records an exemplar of a series that was just updated; throws for invalid labels. */
export function exemplify(
  metric: Metric,
  labels: object,
  bucket: number,
  value: number,
  given: object,
): void {
  const label = exemplarText(given);
  const time = Date.now() / 1000;
  metric[ROSTER].family.exemplify(metric[FIND](labels), { bucket, value, time, label });
}

/** The slow path of updates; see {@link Roster.update}. */
export function update(
  metric: Metric,
  h: Handle,
  labels: object | null,
  how: Update,
  value: number,
  bucket = 0,
): void {
  const target = metric[ROSTER].update(h, labels, how, value, bucket);
  if (labels === null) metric[SINGLE] = target;
}

/** Makes an update that needs more than a plain store, whether or not the handle is live. */
export function change(
  metric: Metric,
  labels: object | null,
  how: Update,
  value: number,
  bucket = 0,
): void {
  const h = labels === null ? metric[SINGLE] : metric[FIND](labels);
  if (h.generations[h.word] !== h.expected) update(metric, h, labels, how, value, bucket);
  else how(h, value, bucket);
}

function validateLife(seconds: unknown, kind: Kind, aggregator: string): void {
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds < Infinity)) {
    throw unfit('ttlSeconds', 'a number above 0', seconds);
  }
  if (kind.sharedGauge)
    throw new TypeError("ttlSeconds is not possible with the aggregator 'shared'");
  // The sum over all processes shows whether another process updates a series. A maximum would hide most updates.
  if (kind.adds && aggregator !== 'sum') {
    throw new TypeError(`ttlSeconds needs the aggregator 'sum', and it is ${inspect(aggregator)}`);
  }
}

function isMetric(one: unknown): one is Metric {
  return one instanceof Metric;
}

lend(Metric.prototype, 'hashMap', (metric: Metric) => hashMapOf(metric[ROSTER]));

// `collect` may be assigned at any time; from then on, scrapes of other processes run it. The first assignment of a
// value other than undefined makes it an ordinary property of the metric, as in prom-client. Until then, an assignment
// of undefined changes nothing; the option `collect: undefined` makes such an assignment.
lend(
  Metric.prototype,
  'collect',
  () => undefined,
  (metric: Metric, value) => {
    if (typeof value === 'function') announceCollect(metric);
    if (value === undefined) delete metric.collect;
  },
);

/**
 * Returns the scope to read: the requested one, or else the default of the method. `MPMETRICS_SCOPE=process` replaces
 * the default `application` by `process`.
 *
 * @throws TypeError for an invalid scope
 */
export function scopeOf(options: { scope?: unknown } | undefined, otherwise: Scope): Scope {
  const asked: unknown = options?.scope;
  if (asked === 'application' || asked === 'process' || asked === 'thread') return asked;
  if (asked !== undefined) {
    throw unfit('scope', "'application', 'process' or 'thread'", asked);
  }
  const narrowed = otherwise === 'application' && process.env['MPMETRICS_SCOPE'] === 'process';
  return narrowed ? 'process' : otherwise;
}
