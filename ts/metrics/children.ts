/**
 * Metrics with their labels chosen. The functions that update are properties of each child, so that they can be called
 * detached. The methods that watch calls are inherited, so that a child is no larger for them.
 */

import { countChildExceptions, countingChildExceptions } from './exceptions';
import type {
  AnyFunction,
  CountsExceptions,
  Timer,
  TimesFunctions,
  TracksFunctions,
} from './functions-api';
import { trackChildInProgress, trackingChildInProgress, type LabelledGauge } from './in-progress';
import { timeChild, timedChild } from './timed';
import type { LabelValues } from './values';

/** A counter that children add to when labels are known only at an error. */
interface LabelledCounter {
  readonly name: string;
  inc(labels: object, value: number): void;
}

/** A counter with its labels chosen. */
class CounterChild {
  readonly inc: (value?: number) => void;
  readonly #counter: LabelledCounter;
  readonly #labels: object;

  constructor(inc: (value?: number) => void, counter: LabelledCounter, labels: object) {
    this.inc = inc;
    this.#counter = counter;
    this.#labels = labels;
  }

  countExceptions(...args: unknown[]): unknown {
    return countChildExceptions(this.#counter.name, this.#count(), args);
  }

  countingExceptions(...args: unknown[]): AnyFunction {
    return countingChildExceptions(this.#counter.name, this.#count(), args);
  }

  #count(): (labels: object | undefined) => void {
    return (labels) => {
      if (labels === undefined) this.inc();
      else this.#counter.inc({ ...this.#labels, ...labels }, 1);
    };
  }
}

/** A gauge with its labels chosen. */
class GaugeChild<T extends string> {
  readonly inc: (value?: number) => void;
  readonly dec: (value?: number) => void;
  readonly set: (value: number) => void;
  readonly setToCurrentTime: () => void;
  readonly startTimer: () => Timer<[labels?: LabelValues<T>]>;
  readonly #gauge: LabelledGauge;

  constructor(functions: GaugeFunctions<T>, gauge: LabelledGauge) {
    this.inc = functions.inc;
    this.dec = functions.dec;
    this.set = functions.set;
    this.setToCurrentTime = functions.setToCurrentTime;
    this.startTimer = functions.startTimer;
    this.#gauge = gauge;
  }

  time(...args: unknown[]): unknown {
    return timeChild(this.#gauge.name, this, args);
  }

  timed(...args: unknown[]): AnyFunction {
    return timedChild(this.#gauge.name, this, args);
  }

  trackInProgress(fn: unknown): unknown {
    return trackChildInProgress(this.#gauge, this, fn);
  }

  trackingInProgress(fn?: unknown): AnyFunction {
    return trackingChildInProgress(this.#gauge, this, fn);
  }
}

/** The functions of a gauge's child. */
export interface GaugeFunctions<T extends string> {
  readonly inc: (value?: number) => void;
  readonly dec: (value?: number) => void;
  readonly set: (value: number) => void;
  readonly setToCurrentTime: () => void;
  readonly startTimer: () => Timer<[labels?: LabelValues<T>]>;
}

/** A histogram or summary with its labels chosen. */
class ObserverChild<T extends string> {
  readonly observe: (value: number, count?: number) => void;
  readonly startTimer: () => Timer<[labels?: LabelValues<T>]>;
  readonly #name: string;

  constructor(
    observe: (value: number, count?: number) => void,
    startTimer: () => Timer<[labels?: LabelValues<T>]>,
    name: string,
  ) {
    this.observe = observe;
    this.startTimer = startTimer;
    this.#name = name;
  }

  time(...args: unknown[]): unknown {
    return timeChild(this.#name, this, args);
  }

  timed(...args: unknown[]): AnyFunction {
    return timedChild(this.#name, this, args);
  }
}

/**
 * Makes a child of a counter.
 *
 * @param labels the labels that were chosen; they are copied
 */
export function counterChild(
  inc: (value?: number) => void,
  counter: LabelledCounter,
  labels: object,
): CounterChild & CountsExceptions<string> {
  return new CounterChild(inc, counter, { ...labels }) as CounterChild & CountsExceptions<string>;
}

/** Makes a child of a gauge. */
export function gaugeChild<T extends string>(
  functions: GaugeFunctions<T>,
  gauge: LabelledGauge,
): GaugeFunctions<T> & TimesFunctions<T> & TracksFunctions {
  return new GaugeChild(functions, gauge) as GaugeFunctions<T> &
    TimesFunctions<T> &
    TracksFunctions;
}

/** Makes a child of a histogram or summary that is called `name`. */
export function observerChild<T extends string>(
  observe: (value: number, count?: number) => void,
  startTimer: () => Timer<[labels?: LabelValues<T>]>,
  name: string,
): Pick<ObserverChild<T>, 'observe' | 'startTimer'> & TimesFunctions<T> {
  return new ObserverChild(observe, startTimer, name) as Pick<
    ObserverChild<T>,
    'observe' | 'startTimer'
  > &
    TimesFunctions<T>;
}
