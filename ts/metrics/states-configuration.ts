/** The configurations of metrics with states, and of infos, and the constructors that take them. */

import type { MetricConfiguration } from './configuration';
import type { Enum, Info, StateSet } from './states-api';
import type { CollectFunction, EnumAggregator, StateSetAggregator } from './values';

/** The options of {@link MetricConfiguration} that metrics with states have, too. Infos have some of them. */
type WithoutNumbers<T extends string> = Omit<
  MetricConfiguration<T>,
  'aggregator' | 'collect' | 'enableExemplars' | 'unit'
>;

/** The options of metrics with states. */
interface WithStates<T extends string, S extends string> extends WithoutNumbers<T> {
  /** The states, 1 to 53 different texts, in the order in which they are shown. */
  states: readonly S[];
  /**
   * With 'keep', the states of processes and threads that have ended count, too: the state or set that each had last.
   * `remove()` and `reset()` leave them; `removeEverywhere()` and `resetEverywhere()` remove them. Not with `ttlSeconds`.
   */
  dead?: 'keep';
  /**
   * With `dead: 'keep'` and the aggregator `all`: how many ended processes and threads are shown, from 1 to 10,000. Of
   * more, those that ended first are left out, and `mpmetrics_dropped_lives_total` counts them. Default 64.
   */
  keepDead?: number;
}

/** The configuration of an enum. */
export interface EnumConfiguration<
  T extends string = string,
  S extends string = string,
> extends WithStates<T, S> {
  /**
   * How the states of the living processes and threads become one:
   *
   * - `mostrecent` (default) shows the state that was set last
   * - `all` shows each state as a series of its own, with the label `pid` and, for a worker thread, the label `thread`
   * - `count` shows how many processes and threads are in each state
   */
  aggregator?: EnumAggregator;
  /** Called before the metric is read; `this` is the metric. */
  collect?: CollectFunction<Enum<T, S>>;
}

/** The configuration of a set of states. */
export interface StateSetConfiguration<
  T extends string = string,
  S extends string = string,
> extends WithStates<T, S> {
  /**
   * How the sets of the living processes and threads become one:
   *
   * - `any` (default) shows a state as set if it is set in any of them
   * - `every` shows a state as set if it is set in each of them that has the series
   * - `all` shows each set as a series of its own, with the label `pid` and, for a worker thread, the label `thread`
   */
  aggregator?: StateSetAggregator;
  /** Called before the metric is read; `this` is the metric. */
  collect?: CollectFunction<StateSet<T, S>>;
}

/** The configuration of an info. */
export interface InfoConfiguration<T extends string = string> extends Omit<
  WithoutNumbers<T>,
  'defaultLabels' | 'labelValues' | 'maxSeries' | 'ttlSeconds'
> {
  /** `[a-zA-Z_:][a-zA-Z0-9_:]*`; the name that is shown ends with `_info`, whether or not this one does. */
  name: string;
  /**
   * With 'keep', the info also shows the labels that each ended process or thread showed last. `resetEverywhere()`
   * removes them.
   */
  dead?: 'keep';
  /**
   * With `dead: 'keep'`: how many ended processes and threads are shown, from 1 to 10,000. Of more, those that ended
   * first are left out, and `mpmetrics_dropped_lives_total` counts them. Default 64.
   */
  keepDead?: number;
  /** Called before the metric is read; `this` is the metric. */
  collect?: CollectFunction<Info<T>>;
}

/** The constructor of enums. */
export interface EnumClass {
  new <T extends string = string, S extends string = string>(
    config: EnumConfiguration<T, S>,
  ): Enum<T, S>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in TypeScript's type of a generic class
  readonly prototype: Enum<any, any>;
}

/** The constructor of sets of states. */
export interface StateSetClass {
  new <T extends string = string, S extends string = string>(
    config: StateSetConfiguration<T, S>,
  ): StateSet<T, S>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in TypeScript's type of a generic class
  readonly prototype: StateSet<any, any>;
}

/** The constructor of infos. */
export interface InfoClass {
  new <T extends string = string>(config: InfoConfiguration<T>): Info<T>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as in TypeScript's type of a generic class
  readonly prototype: Info<any>;
}
