/**
 * Timers of histograms, summaries and gauges. `process.hrtime` is not saved when this module is loaded, because tests
 * replace it.
 */

import type { Timer } from './functions-api';

/** Ends a timer; the labels that it gets are added to those of the start. */
export type EndTimer = Timer<[labels?: object, exemplarLabels?: object]>;

/** The symbol of `using`, which the first versions of Node.js 20 do not have. */
const DISPOSE: typeof Symbol.dispose | undefined = Symbol.dispose;

/** The value of `this` in a timer's function when its disposal calls it. */
const DISPOSAL = {};

/** One function for all timers, because a closure for each would make each start slower. */
function dispose(this: EndTimer): void {
  this.call(DISPOSAL);
}

/** Makes `end` a timer: its disposal calls `end` on {@link DISPOSAL}, by which `end` tells it from other calls. */
function disposable(end: (this: unknown, ...given: (object | undefined)[]) => number): EndTimer {
  if (DISPOSE !== undefined) (end as EndTimer)[DISPOSE] = dispose;
  return end as EndTimer;
}

/** Seconds since `process.hrtime()` returned `start`. */
function secondsSince(start: [number, number]): number {
  const [seconds, nanoseconds] = process.hrtime(start);
  return seconds + nanoseconds / 1e9;
}

/**
 * Starts a clock.
 *
 * @param over gets the seconds since the start, and the labels that the timer was given, whenever the timer is ended
 * @returns a timer, which is also ended at its disposal, unless it was ended before
 */
export function startClock(over: (seconds: number, labels?: object) => void): EndTimer {
  const start = process.hrtime();
  let ended = false;
  return disposable(function (labels) {
    const value = secondsSince(start);
    if (this === DISPOSAL && ended) return value;
    ended = true;
    over(value, labels);
    return value;
  });
}

/** Joins the labels of a timer's start and end. Most timers have those of the start only, and copying them takes time. */
function joined(labels: object | undefined, endLabels: object | undefined): object {
  if (endLabels === undefined) {
    if (labels === undefined) return {};
    if (typeof labels === 'object' && labels !== null) return labels;
  }
  return Object.assign({}, labels, endLabels);
}

/** A metric that takes observations. */
interface Observer {
  observe(labels: object, value: number): void;
}

/**
 * Starts a timer. Does what {@link startClock} does, but takes no callback, because servers start a timer for each
 * request, and a second closure would make the start slower.
 *
 * @param labels the observation's labels
 * @returns a timer that observes the seconds since the start, and returns them; labels that are given to it are added to
 *   `labels`
 */
export function startTimer(observer: Observer, labels?: object): EndTimer {
  const start = process.hrtime();
  let ended = false;
  return disposable(function (endLabels) {
    const value = secondsSince(start);
    if (this === DISPOSAL && ended) return value;
    ended = true;
    observer.observe(joined(labels, endLabels), value);
    return value;
  });
}

/** A metric that takes observations with exemplars. */
interface ExemplarObserver {
  observe(given: { labels: object; value: number; exemplarLabels: object }): void;
}

/** {@link startTimer} with exemplars. The timer takes exemplar labels, too, and adds them to those given here. */
export function startTimerWithExemplar(
  observer: ExemplarObserver,
  labels?: object,
  exemplarLabels?: object,
): EndTimer {
  const start = process.hrtime();
  let ended = false;
  return disposable(function (endLabels, endExemplarLabels) {
    const value = secondsSince(start);
    if (this === DISPOSAL && ended) return value;
    ended = true;
    observer.observe({
      labels: joined(labels, endLabels),
      value,
      exemplarLabels: Object.assign({}, exemplarLabels, endExemplarLabels),
    });
    return value;
  });
}
