/**
 * Metrics with states: an enum is in exactly one of its states, and any number of the states of a state set are set.
 * One cell has all states of a part, as a mask. So one store replaces all of them, and no scrape sees an enum without a
 * state or with two.
 */

import { inspect } from 'util';

import { shown, unfit } from '../errors';
import { labelsOf, validateLabels, validateMetricName, type LabelText } from '../labels';
import {
  hasBit,
  readImage,
  recentStateSetKind,
  setting,
  stateSetKind,
  type Handle,
  type Kind,
  type Update,
} from '../storage';
import { takenLabel } from './aggregators';
import { livesKept } from './dead';
import { likelyName } from './full-name';
import * as hidden from './hidden';
import { keepChild, keptChild } from './kept-children';
import { furtherLabels, type LabelledMetric } from './label-paths';
import { childOf, Metric, update } from './metric';
import { labelNamesOf } from './options';
import type * as api from './states-api';
import type { EnumConfiguration, StateSetConfiguration } from './states-configuration';
import type { LabelValues, StateAggregator } from './values';

// Constants of this file, because an imported one would be read from the other module's exports at each update.
const BITS: typeof hidden.BITS = hidden.BITS;
const FIND: typeof hidden.FIND = hidden.FIND;
const ROSTER: typeof hidden.ROSTER = hidden.ROSTER;
const SINGLE: typeof hidden.SINGLE = hidden.SINGLE;

/** The most states of a metric: the bits of a whole number in a double. The native module has the same limit. */
const MOST_STATES = 53;

/** The mask in which only the first state is set. An enum whose cell has 0 is shown as if it had this mask. */
const FIRST = 1;

/** Valid names of labels. The metric's name must be one, because its samples have a label of that name. */
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Options that other metrics have, and metrics with states have not. */
const NOT_POSSIBLE = ['unit'];

/** The kind of metric, as messages name it, and its aggregators. The first aggregator is the default. */
interface Sort {
  readonly name: string;
  readonly aggregators: readonly [StateAggregator, ...StateAggregator[]];
}

const ENUM: Sort = { name: 'an Enum', aggregators: ['mostrecent', 'all', 'count'] };
const STATE_SET: Sort = { name: 'a StateSet', aggregators: ['any', 'every', 'all'] };

export class Enum<T extends string = string, S extends string = string>
  extends Metric<T>
  implements api.Enum<T, S>
{
  declare readonly states: readonly S[];
  /** @internal */
  declare readonly [BITS]: ReadonlyMap<unknown, number>;

  constructor(config: EnumConfiguration<T, S>) {
    const given = checked(config, ENUM);
    super(given, kindOf(given), { aggregator: ENUM.aggregators[0] }, (all) => [
      FIRST,
      ...livesKept(all),
    ]);
    hidden.hide(this, BITS, bitsOf(this.states));
  }

  state(labels: LabelValues<T> | S, name?: S): void {
    const given = typeof labels === 'object' ? labels : null;
    const mask = bitOf(this, given === null ? labels : name);
    const h = given === null ? this[SINGLE] : this[FIND](given);
    if (h.generations[h.word] !== h.expected) update(this, h, given, setting, mask);
    else h.cells[h.first] = mask;
  }

  labels(...args: unknown[]): api.EnumChild<S, T> {
    return childFor(this, args, (h, label) => {
      let handle = h;
      const roster = this[ROSTER];
      return {
        state: (name: S) => {
          const mask = bitOf(this, name);
          if (handle.generations[handle.word] === handle.expected)
            handle.cells[handle.first] = mask;
          else handle = roster.updateText(handle, label, setting, mask);
        },
      };
    }) as unknown as api.EnumChild<S, T>;
  }

  override reset(): void {
    this[ROSTER].reset(this.labelNames.length > 0);
  }
}

export class StateSet<T extends string = string, S extends string = string>
  extends Metric<T>
  implements api.StateSet<T, S>
{
  declare readonly states: readonly S[];
  /** @internal */
  declare readonly [BITS]: ReadonlyMap<unknown, number>;

  constructor(config: StateSetConfiguration<T, S>) {
    const given = checked(config, STATE_SET);
    super(given, kindOf(given), { aggregator: STATE_SET.aggregators[0] }, (all) => [
      0,
      ...livesKept(all),
    ]);
    hidden.hide(this, BITS, bitsOf(this.states));
  }

  set(labels: LabelValues<T> | S, name: S | boolean, enabled?: boolean): void {
    const given = typeof labels === 'object' ? labels : null;
    const [state, on] = given === null ? [labels, name] : [name, enabled];
    const bit = bitOf(this, state);
    if (typeof on !== 'boolean') throw notBoolean(on);
    const h = given === null ? this[SINGLE] : this[FIND](given);
    if (h.generations[h.word] !== h.expected) update(this, h, given, switching(bit, on), 0);
    else h.cells[h.first] = switched(h.cells[h.first]!, bit, on);
  }

  labels(...args: unknown[]): api.StateSetChild<S, T> {
    return childFor(this, args, (h, label) => {
      let handle = h;
      const roster = this[ROSTER];
      return {
        set: (name: S, enabled: boolean) => {
          const bit = bitOf(this, name);
          if (typeof enabled !== 'boolean') throw notBoolean(enabled);
          const { cells, expected, first, generations, word } = handle;
          if (generations[word] === expected) cells[first] = switched(cells[first]!, bit, enabled);
          else handle = roster.updateText(handle, label, switching(bit, enabled), 0);
        },
      };
    }) as unknown as api.StateSetChild<S, T>;
  }

  override reset(): void {
    this[ROSTER].reset(this.labelNames.length > 0);
  }
}

/** Returns the mask with a bit set or cleared. */
function switched(mask: number, bit: number, on: boolean): number {
  if (hasBit(mask, bit) === on) return mask;
  return on ? mask + bit : mask - bit;
}

/** An update that sets or clears a bit of the mask that the cell has when the update is made. */
function switching(bit: number, on: boolean): Update {
  return (h) => setting(h, switched(readImage(h, stateSetKind)[0]!, bit, on), 0);
}

function notBoolean(given: unknown): TypeError {
  return unfit('enabled', 'true or false', given);
}

function bitsOf(states: readonly string[]): ReadonlyMap<unknown, number> {
  return new Map(states.map((state, i) => [state, 2 ** i]));
}

/** A metric with states. */
interface WithBits {
  readonly name: string;
  readonly states: readonly string[];
  readonly [BITS]: ReadonlyMap<unknown, number>;
}

/** Returns the mask in which only this state is set. Throws for a state that is not declared. */
function bitOf(metric: WithBits, state: unknown): number {
  const bit = metric[BITS].get(state);
  if (bit !== undefined) return bit;
  const known = metric.states.map((one) => inspect(one)).join(', ');
  throw new Error(`Unknown state ${shown(state)} of ${metric.name}: it must be one of ${known}`);
}

/**
 * A metric with states, with its labels chosen. The function that updates is a property of each child, so that it can
 * be called detached. The other methods are inherited, so that they take no memory in each child.
 */
class StateChild {
  readonly #metric: LabelledMetric;
  readonly #labels: object;

  constructor(functions: object, metric: LabelledMetric, labels: object) {
    Object.assign(this, functions);
    this.#metric = metric;
    this.#labels = labels;
  }

  labels(...args: unknown[]): unknown {
    return furtherLabels(this.#metric, this.#labels, args);
  }

  remove(): void {
    this.#metric.remove(this.#labels);
  }
}

/** Returns the child for the arguments of `labels()`. `make` makes the functions of a new child. */
function childFor(
  metric: Metric & LabelledMetric,
  args: readonly unknown[],
  make: (h: Handle, label: LabelText) => object,
): StateChild {
  const made = childOf(metric, args);
  if (made !== null) return made as StateChild;
  const labels = labelsOf(metric.labelNames, args, metric[ROSTER].undefaulted) ?? {};
  validateLabels(metric.labelNames, labels);
  const h = metric[FIND](labels);
  const kept = keptChild(metric, h, labels);
  if (kept !== null) return kept as StateChild;
  const functions = make(h, metric[ROSTER].text(labels));
  const child = new StateChild(functions, metric, { ...labels });
  keepChild(metric, h, labels, child);
  return child;
}

/** A configuration whose aggregator and states are checked. `Metric` checks the rest. */
type Checked<C> = C & { readonly aggregator?: string };

function kindOf(config: { readonly aggregator?: string } | null | undefined): Kind {
  return config?.aggregator === 'mostrecent' ? recentStateSetKind : stateSetKind;
}

/**
 * Checks the options that only metrics with states have. Returns the configuration with the default aggregator, if it
 * has none, and a copy of the states. A value that is no object is returned unchanged, because `Metric` refuses it.
 *
 * @throws TypeError|Error that names the option
 */
function checked<C extends object>(config: C, { name: sort, aggregators }: Sort): Checked<C> {
  if (config === null || typeof config !== 'object') return config;
  const options = config as Readonly<Record<string, unknown>>;
  refuseOptions(options, NOT_POSSIBLE, sort);
  const aggregator = options['aggregator'] ?? aggregators[0];
  if (!(aggregators as readonly unknown[]).includes(aggregator)) {
    throw unfit(`aggregator of ${sort}`, `one of ${aggregators.join(', ')}`, aggregator);
  }
  // JavaScript may pass anything.
  const name: unknown = likelyName('stateset', config);
  const labelNames = labelNamesOf(options['labelNames']).map(String);
  // The rows have a label of the metric's name.
  const taken = takenLabel(aggregator as StateAggregator, [...labelNames, String(name)]);
  if (taken !== undefined) {
    const rule = labelNames.includes(taken)
      ? 'labelNames must not have it'
      : `${sort} must not be named so`;
    throw new Error(`aggregator 'all' gives a label "${taken}", so ${rule}`);
  }
  if (validateMetricName(String(name)) && !LABEL_NAME.test(String(name))) {
    throw new Error(
      `name of ${sort} must have no colon, because its rows have a label of that name, and is ${shown(name)}`,
    );
  }
  refuseOwnName(labelNames, name, sort);
  return { ...config, aggregator, states: statesOf(options['states']) } as unknown as Checked<C>;
}

/** Throws if a configuration has an option that metrics of this sort cannot have. */
export function refuseOptions(
  options: Readonly<Record<string, unknown>>,
  names: readonly string[],
  sort: string,
): void {
  for (const name of names) {
    if (options[name] === undefined) continue;
    throw new TypeError(`${name} is not possible for ${sort}, and is ${shown(options[name])}`);
  }
}

/** Throws if a label has the metric's own name. */
export function refuseOwnName(labelNames: readonly string[], name: unknown, sort: string): void {
  if (!labelNames.includes(String(name))) return;
  throw new Error(`labelNames must not have ${shown(name)}, which is the name of ${sort} itself`);
}

function statesOf(given: unknown): readonly string[] {
  const rule = `an array of 1 to ${MOST_STATES} different texts that are not empty`;
  const fits = (all: readonly unknown[]): boolean =>
    all.length > 0 && all.length <= MOST_STATES && new Set(all).size === all.length;
  // UTF-8 has no lone surrogates, so scrapes could show another state than the program has.
  const valid = (one: unknown): boolean =>
    typeof one === 'string' && one !== '' && !/\p{Surrogate}/u.test(one);
  if (!Array.isArray(given) || !fits(given) || !given.every(valid)) {
    throw unfit('states', rule, given);
  }
  return Object.freeze([...(given as string[])]);
}
