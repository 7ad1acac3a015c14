/** Holders: a collector has one in the heap for each name, with the values of the metric that it yielded last. */

import { LEFT, ROSTER, type Metric } from '../metrics';
import { copySeries, Roster, type Shape } from '../storage';

/**
 * Makes a holder for a yielded metric: a metric with the same members, and without series. The yielded metric itself
 * never enters the heap, so it need not be taken out when the collector yields another one at a later scrape.
 */
export function holderOf(metric: Metric): Metric {
  const { shape } = metric[ROSTER];
  const roster = new Roster({ ...shape, overflows: false }, () => shape.labelNames);
  const own = { [ROSTER]: { value: roster }, [LEFT]: { value: null } };
  return Object.create(metric, own) as Metric;
}

/** Returns whether a holder can have the values of a metric of the same name. */
export function holds(holder: Metric, metric: Metric): boolean {
  const [one, other] = [holder, metric].map((each) => each[ROSTER].shape) as [Shape, Shape];
  return one.kind === other.kind && textOf(holder, one) === textOf(metric, other);
}

/** Gives a holder the values of a metric. */
export function fill(holder: Metric, metric: Metric): void {
  const roster = holder[ROSTER];
  // As in a `collect` callback, changes are not kept back: the scrape that runs the collector must see them.
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
