/** Timers of histograms, summaries and gauges. The clock is read at every call, because tests replace it. */

import type { Timer } from './functions-api';

/** Ends a timer; the labels that it gets are added to those of the start. */
export type EndTimer = Timer<[labels?: object, exemplarLabels?: object]>;

/** The symbol of `using`, which the first versions of Node.js 20 do not have. */
const DISPOSE: typeof Symbol.dispose | undefined = Symbol.dispose;

/**
 * Starts a clock.
 *
 * @param over gets the seconds since the start, and what the timer was given, whenever the timer is ended
 * @returns a timer, which is also ended at its disposal, unless it was ended before
 */
export function startClock(
  over: (seconds: number, labels?: object, exemplarLabels?: object) => void,
): EndTimer {
  const start = process.hrtime();
  let ended = false;
  const end = ((labels, exemplarLabels) => {
    ended = true;
    const [seconds, nanoseconds] = process.hrtime(start);
    const value = seconds + nanoseconds / 1e9;
    over(value, labels, exemplarLabels);
    return value;
  }) as EndTimer;
  if (DISPOSE !== undefined) {
    end[DISPOSE] = () => {
      if (!ended) end();
    };
  }
  return end;
}

/** A metric that takes observations. */
interface Observer {
  observe(labels: object, value: number): void;
}

/**
 * Starts a timer.
 *
 * @param labels the observation's labels
 * @returns a timer that observes the seconds since the start, and returns them; labels that are given to it are added to
 *   `labels`
 */
export function startTimer(observer: Observer, labels?: object): EndTimer {
  return startClock((value, endLabels) => {
    observer.observe(Object.assign({}, labels, endLabels), value);
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
  return startClock((value, endLabels, endExemplarLabels) => {
    observer.observe({
      labels: Object.assign({}, labels, endLabels),
      value,
      exemplarLabels: Object.assign({}, exemplarLabels, endExemplarLabels),
    });
  });
}
