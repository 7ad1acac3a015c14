/** What a collector has in the heap: a metric of its own for each name, with the values that it yielded last. */

import { LEFT, ROSTER, type Metric } from '../metrics';
import { copySeries, Roster, type Shape } from '../storage';

/**
 * Makes a metric that looks like a yielded one, and has no series yet. The yielded one never enters the heap, so
 * nothing of it has to be taken out when a later scrape yields another.
 */
export function holderOf(metric: Metric): Metric {
  const { shape } = metric[ROSTER];
  const roster = new Roster({ ...shape, overflows: false }, () => shape.labelNames);
  const own = { [ROSTER]: { value: roster }, [LEFT]: { value: null } };
  return Object.create(metric, own) as Metric;
}

/** Returns whether a holder can take the values of a metric of its name. */
export function holds(holder: Metric, metric: Metric): boolean {
  const [one, other] = [holder, metric].map((each) => each[ROSTER].shape) as [Shape, Shape];
  return one.kind === other.kind && textOf(holder, one) === textOf(metric, other);
}

/** Gives a holder the values of a metric. */
export function fill(holder: Metric, metric: Metric): void {
  const roster = holder[ROSTER];
  // As in a `collect` callback, changes are not kept back: the values are for this scrape.
  roster.running++;
  copySeries(metric[ROSTER], roster);
  roster.running--;
}

function textOf(metric: Metric, shape: Shape): string {
  const { help, aggregator, labelNames, numbers, states, exemplars, maxSeries } = shape;
  const { unit } = metric as { unit?: unknown };
  return JSON.stringify([
    [help, aggregator, labelNames, numbers.map(String), states, exemplars, maxSeries],
    String(unit),
  ]);
}
