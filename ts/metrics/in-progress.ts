/** Functions whose calls a gauge counts while they run. */

import { warnOnce } from '../errors';
import { validateLabels } from '../labels';
import {
  addMethods,
  decorator,
  functionOf,
  objectOf,
  watched,
  wrapped,
  type Around,
} from './functions';
import type { AnyFunction } from './functions-api';

/** A gauge, or a gauge with its labels chosen. */
interface GoesUpAndDown {
  inc(): void;
  dec(): void;
}

/** A gauge that takes labels. */
export interface LabelledGauge {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly aggregator: string;
  readonly dead?: unknown;
  inc(labels: object, value: number): void;
  dec(labels: object, value: number): void;
}

/** Adds `trackInProgress()` and `trackingInProgress()` to the class of gauges. */
export function addTracking(prototype: LabelledGauge): void {
  addMethods(prototype, {
    trackInProgress(...args) {
      return trackInProgress(this, args);
    },
    trackingInProgress(...args) {
      return trackingInProgress(this, args);
    },
  });
}

function trackInProgress(gauge: LabelledGauge, args: readonly unknown[]): unknown {
  const [series, fn] = split(gauge, args);
  return around(gauge, series)(functionOf('trackInProgress', fn));
}

function trackingInProgress(gauge: LabelledGauge, args: readonly unknown[]): AnyFunction {
  const [series, fn] = split(gauge, args);
  return wrapping(fn, around(gauge, series));
}

/** `trackInProgress()` of a child of a gauge. */
export function trackChildInProgress(
  gauge: LabelledGauge,
  child: GoesUpAndDown,
  fn: unknown,
): unknown {
  return around(gauge, child)(functionOf('trackInProgress', fn));
}

/** `trackingInProgress()` of a child of a gauge. */
export function trackingChildInProgress(
  gauge: LabelledGauge,
  child: GoesUpAndDown,
  fn: unknown,
): AnyFunction {
  return wrapping(fn, around(gauge, child));
}

function wrapping(fn: unknown, track: Around): AnyFunction {
  if (fn === undefined) return decorator('trackingInProgress', track);
  return wrapped(functionOf('trackingInProgress', fn), track);
}

/** Takes labels off the front of the arguments, and checks their names before anything is called. */
function split(gauge: LabelledGauge, args: readonly unknown[]): [GoesUpAndDown, unknown] {
  const [first] = args;
  const given = typeof first === 'function' ? undefined : objectOf('labels', first);
  if (given !== undefined) validateLabels(gauge.labelNames, given);
  // A copy: the caller may change its object while calls are under way.
  const labels = { ...given };
  const series = {
    inc: (): void => {
      gauge.inc(labels, 1);
    },
    dec: (): void => {
      gauge.dec(labels, 1);
    },
  };
  return [series, typeof first === 'function' ? first : args[1]];
}

function around({ name, aggregator, dead }: LabelledGauge, series: GoesUpAndDown): Around {
  if (aggregator === 'shared' || dead !== undefined) {
    const has = aggregator === 'shared' ? 'the aggregator shared' : "dead: 'keep'";
    const message =
      `the gauge ${name} has ${has}, and tracks calls in progress: ` +
      "the calls of a killed process stay in its value for ever. With the aggregator sum, and without dead: 'keep', " +
      'the value loses them when the process ends';
    warnOnce('MPMETRICS_CONFIG', message, name);
  }
  return (call) => {
    series.inc();
    return watched(name, call, () => {
      series.dec();
    });
  };
}
