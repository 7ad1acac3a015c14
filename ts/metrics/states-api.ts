/** The public interfaces of metrics with states, and of infos, which prom-client does not have. */

import type { Common, Everywhere } from './api';
import type { ChoosesLabels } from './paths-api';
import type { LabelArgument, LabelValues } from './values';

/** An enum with its labels chosen. `state` can be called detached from the object. */
export interface EnumChild<
  S extends string = string,
  T extends string = string,
> extends ChoosesLabels<T, EnumChild<S, T>> {
  /** Changes the state. Throws as {@link Enum.state} does. */
  state: (name: S) => void;
}

/** A metric that is in exactly one of its states. */
export interface Enum<T extends string = string, S extends string = string>
  extends Common<T>, Everywhere<T> {
  /** The states, in the order in which they are shown. */
  readonly states: readonly S[];
  /**
   * Changes the state. A scrape shows either the old state or the new one, never none or both.
   *
   * @param labels the labels of the series
   * @param name one of the states
   * @throws Error for a state or labels that are not declared
   */
  state(labels: LabelValues<T>, name: S): void;
  /** Changes the state of the series without labels. */
  state(name: S): void;
  /**
   * Returns the enum with its labels chosen. The series is shown from the first call of `state` on.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): EnumChild<S, T>;
  labels(...values: LabelArgument[]): EnumChild<S, T>;
  /**
   * Resets this thread's own part: the series without labels, and those of `labelValues`, go to the first state. Other
   * series are hidden.
   */
  reset(): void;
}

/** A set of states with its labels chosen. `set` can be called detached from the object. */
export interface StateSetChild<
  S extends string = string,
  T extends string = string,
> extends ChoosesLabels<T, StateSetChild<S, T>> {
  /** Sets or clears a state. Throws as {@link StateSet.set} does. */
  set: (name: S, enabled: boolean) => void;
}

/** A metric of which any number of states are set, such as the features that are enabled. */
export interface StateSet<T extends string = string, S extends string = string>
  extends Common<T>, Everywhere<T> {
  /** The states, in the order in which they are shown. */
  readonly states: readonly S[];
  /**
   * Sets or clears a state. The other states do not change.
   *
   * @param labels the labels of the series
   * @param name one of the states
   * @param enabled whether the state is set
   * @throws Error for a state or labels that are not declared, TypeError if `enabled` is no boolean
   */
  set(labels: LabelValues<T>, name: S, enabled: boolean): void;
  /** Sets or clears a state of the series without labels. */
  set(name: S, enabled: boolean): void;
  /**
   * Returns the set with its labels chosen. The series is shown from the first call of `set` on.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): StateSetChild<S, T>;
  labels(...values: LabelArgument[]): StateSetChild<S, T>;
  /**
   * Resets this thread's own part: in the series without labels, and in those of `labelValues`, no state is set. Other
   * series are hidden.
   */
  reset(): void;
}

/** Information: names and values of labels. A value of undefined is left out. */
export type InfoValues = Readonly<Record<string, string | number | boolean | bigint | undefined>>;

/** An info with its labels chosen. Its functions can be called detached from the object. */
export interface InfoChild {
  /** Replaces the information that this thread shows. Throws as {@link Info.info} does. */
  info: (values: InfoValues) => void;
  /** Shows further information. Throws as {@link Info.info} does. */
  addInfo: (values: InfoValues) => void;
}

/** A metric whose labels are the information. Its value is always 1. */
export interface Info<T extends string = string> extends Omit<Common<T>, 'remove'> {
  /**
   * Replaces the information that this thread shows under these labels. Other processes and threads keep theirs.
   *
   * @param labels the labels of the series
   * @param values names and values of the labels that are the information
   * @throws Error for labels that are not declared, and if a name in `values` is invalid, is a label name of the
   *   metric or is the metric's own name; TypeError for a value that is no text, number, bigint or boolean
   */
  info(labels: LabelValues<T>, values: InfoValues): void;
  /** Replaces the information that this thread shows without labels. */
  info(values: InfoValues): void;
  /** Shows further information under these labels, and keeps the earlier. Throws as {@link info} does. */
  addInfo(labels: LabelValues<T>, values: InfoValues): void;
  /** Shows further information without labels. */
  addInfo(values: InfoValues): void;
  /**
   * Returns the info with its labels chosen.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): InfoChild;
  labels(...values: LabelArgument[]): InfoChild;
  /**
   * Removes all information that this thread shows under these labels.
   *
   * @param labels a label object; or, instead of it, a value for each label name as separate arguments
   * @throws Error for labels that are not declared
   */
  remove(labels: LabelValues<T>): void;
  remove(...values: LabelArgument[]): void;
  /** Removes all information that this thread shows. */
  reset(): void;
  /** Removes the information of all processes and threads. */
  resetEverywhere(): void;
}

/** A metric that prom-client does not have. */
export type StateMetric<T extends string = string> = Enum<T> | StateSet<T> | Info<T>;
