/** Timers of histograms and summaries. The clock is read on every call: users fake it. */

/** Something that takes observations. */
interface Observer {
  observe(labels: object, value: number): void;
}

/**
 * Starts a timer.
 *
 * @param labels the observation's labels
 * @returns a function that observes the seconds since, and returns them; its labels are added
 */
export function startTimer(observer: Observer, labels?: object): (labels?: object) => number {
  const start = process.hrtime();
  return (endLabels) => {
    const [seconds, nanoseconds] = process.hrtime(start);
    const value = seconds + nanoseconds / 1e9;
    observer.observe(Object.assign({}, labels, endLabels), value);
    return value;
  };
}
