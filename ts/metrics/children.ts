/**
 * Metrics with their labels chosen. The functions that update are properties of each child, so that they can be called
 * detached. The methods that watch calls are inherited, so that a child is no larger for them.
 */

import type { NewCounterChild, NewGaugeChild, NewHistogramChild, NewSummaryChild } from './api';
import { countChildExceptions, countingChildExceptions } from './exceptions';
import type { AnyFunction, Timer } from './functions-api';
import { furtherLabels, type LabelledMetric } from './label-paths';
import { trackChildInProgress, trackingChildInProgress, type LabelledGauge } from './in-progress';
import { timeChild, timedChild } from './timed';
import type { LabelValues } from './values';

/** A counter that children add to when labels are known only at an error. */
interface LabelledCounter extends LabelledMetric {
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

  labels(...args: unknown[]): unknown {
    return furtherLabels(this.#counter, this.#labels, args);
  }

  remove(): void {
    this.#counter.remove(this.#labels);
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
  readonly #gauge: LabelledGauge & LabelledMetric;
  readonly #labels: object;

  constructor(functions: GaugeFunctions<T>, gauge: LabelledGauge & LabelledMetric, labels: object) {
    this.inc = functions.inc;
    this.dec = functions.dec;
    this.set = functions.set;
    this.setToCurrentTime = functions.setToCurrentTime;
    this.startTimer = functions.startTimer;
    this.#gauge = gauge;
    this.#labels = labels;
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

  labels(...args: unknown[]): unknown {
    return furtherLabels(this.#gauge, this.#labels, args);
  }

  remove(): void {
    this.#gauge.remove(this.#labels);
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

/** A histogram or summary. */
interface LabelledObserver extends LabelledMetric {
  readonly name: string;
}

/** A histogram or summary with its labels chosen. */
class ObserverChild<T extends string> {
  readonly observe: (value: number, count?: number) => void;
  readonly startTimer: () => Timer<[labels?: LabelValues<T>]>;
  readonly #observer: LabelledObserver;
  readonly #labels: object;

  constructor(
    observe: (value: number, count?: number) => void,
    startTimer: () => Timer<[labels?: LabelValues<T>]>,
    observer: LabelledObserver,
    labels: object,
  ) {
    this.observe = observe;
    this.startTimer = startTimer;
    this.#observer = observer;
    this.#labels = labels;
  }

  time(...args: unknown[]): unknown {
    return timeChild(this.#observer.name, this, args);
  }

  timed(...args: unknown[]): AnyFunction {
    return timedChild(this.#observer.name, this, args);
  }

  labels(...args: unknown[]): unknown {
    return furtherLabels(this.#observer, this.#labels, args);
  }

  remove(): void {
    this.#observer.remove(this.#labels);
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
): NewCounterChild {
  return new CounterChild(inc, counter, { ...labels }) as unknown as NewCounterChild;
}

/**
 * Makes a child of a gauge.
 *
 * @param labels the labels that were chosen; the child keeps this object
 */
export function gaugeChild<T extends string>(
  functions: GaugeFunctions<T>,
  gauge: LabelledGauge & LabelledMetric,
  labels: object,
): NewGaugeChild<T> {
  return new GaugeChild(functions, gauge, labels) as unknown as NewGaugeChild<T>;
}

/**
 * Makes a child of a histogram or summary.
 *
 * @param labels the labels that were chosen; the child keeps this object
 */
export function observerChild<T extends string>(
  observe: (value: number, count?: number) => void,
  startTimer: () => Timer<[labels?: LabelValues<T>]>,
  observer: LabelledObserver,
  labels: object,
): NewHistogramChild<T> & NewSummaryChild<T> {
  const child: unknown = new ObserverChild(observe, startTimer, observer, labels);
  return child as NewHistogramChild<T> & NewSummaryChild<T>;
}
