/** Timers of histograms and summaries. The clock is read at every call, because tests replace it. */

/** A metric that takes observations. */
interface Observer {
  observe(labels: object, value: number): void;
}

/**
 * Starts a timer.
 *
 * @param labels the observation's labels
 * @returns a function that observes the seconds since the start, and returns them; labels that are given to that
 *   function are added to `labels`
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

/** A metric that takes observations with exemplars. */
interface ExemplarObserver {
  observe(given: { labels: object; value: number; exemplarLabels: object }): void;
}

/** {@link startTimer} with exemplars. The returned function takes exemplar labels, too, and adds them to those here. */
export function startTimerWithExemplar(
  observer: ExemplarObserver,
  labels?: object,
  exemplarLabels?: object,
): (labels?: object, exemplarLabels?: object) => number {
  let given: object | undefined;
  const end = startTimer(
    {
      observe: (all, value) => {
        const both = Object.assign({}, exemplarLabels, given);
        observer.observe({ labels: all, value, exemplarLabels: both });
      },
    },
    labels,
  );
  return (endLabels, endExemplarLabels) => {
    given = endExemplarLabels;
    return end(endLabels);
  };
}
