/** Observations counted in buckets. */

import { labelsOf, validateLabels, type LabelText } from '../labels';
import {
  histogramCells,
  histogramKind,
  observing,
  observingTimes,
  type Scale,
  type Handle,
} from '../storage';
import type { NewHistogram, NewHistogramChild } from './api';
import { observerChild } from './children';
import type { HistogramConfiguration } from './configuration';
import type { Timer } from './functions-api';
import { bucketValuesOf, lend } from './hash-map';
import * as hidden from './hidden';
import { keepChild, keptChild } from './kept-children';
import { change, childOf, exemplify, Metric, update } from './metric';
import { invalid, timesOf } from './numbers';
import { addTiming } from './timed';
import { startTimer, startTimerWithExemplar } from './timer';
import type { LabelValues, ObserveDataWithExemplar } from './values';

// Constants of this file, because an imported one would be read from the other module's exports at each update.
const FIND: typeof hidden.FIND = hidden.FIND;
const ROSTER: typeof hidden.ROSTER = hidden.ROSTER;
const SCALE: typeof hidden.SCALE = hidden.SCALE;
const SINGLE: typeof hidden.SINGLE = hidden.SINGLE;
const { bucketOf, record, scaleOf } = histogramCells;

const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export class Histogram<T extends string = string> extends Metric<T> implements NewHistogram<T> {
  declare time: NewHistogram<T>['time'];
  declare timed: NewHistogram<T>['timed'];
  /** @internal */
  declare readonly buckets: readonly number[];
  /** @internal */
  readonly upperBounds: readonly number[];
  /** @internal */
  declare readonly [SCALE]: Scale;

  constructor(config: HistogramConfiguration<T>) {
    super(config, histogramKind, { buckets: DEFAULT_BUCKETS.slice() });
    // Checks after registration, as prom-client does: the invalid metric stays registered.
    for (const label of this.labelNames as readonly string[]) {
      if (label === 'le') throw new Error('le is a reserved label keyword');
    }
    this.upperBounds = this.buckets;
    hidden.hide(this, SCALE, scaleOf(this[ROSTER].shape.numbers));
    Object.freeze(this.upperBounds);
    // Replaces the method here, once, so that observing without exemplars costs nothing more.
    if (this.enableExemplars) {
      this.observe = (given?: unknown, ...more: unknown[]) => {
        observeWithExemplar(this, given as ObserveDataWithExemplar<T>, more);
      };
    }
  }

  observe(
    labels: LabelValues<T> | ObserveDataWithExemplar<T> | number | null | undefined,
    value?: number,
    count?: number,
  ): void {
    // Each form of arguments has a branch with a store of its own: in a common branch, V8 would box the number.
    if (typeof labels === 'number' && Number.isFinite(labels)) {
      if (value !== undefined && count === undefined) {
        repeat(this, null, labels, timesOf(value, this[ROSTER]));
        return;
      }
      const h = this[SINGLE];
      if (h.generations[h.word] !== h.expected)
        update(this, h, null, observing, labels, bucketOf(this[SCALE], labels));
      else record(h, this[SCALE], labels);
    } else if (typeof labels === 'object' && labels !== null) {
      const h = this[FIND](labels);
      if (!Number.isFinite(value)) throw invalid('Value', value, this[ROSTER]);
      if (count !== undefined) repeat(this, labels, value!, timesOf(count, this[ROSTER]));
      else if (h.generations[h.word] !== h.expected)
        update(this, h, labels, observing, value!, bucketOf(this[SCALE], value!));
      else record(h, this[SCALE], value!);
    } else {
      // prom-client takes a falsy first argument for "no labels"; but a number followed by a count is a value.
      const counted = typeof labels === 'number' && value !== undefined;
      const v = labels || counted ? (labels as unknown) : value;
      if (!Number.isFinite(v)) throw invalid('Value', v, this[ROSTER]);
      repeat(this, null, v as number, timesOf(count, this[ROSTER]));
    }
  }

  zero(labels?: LabelValues<T>): void {
    // prom-client does not check these labels, and prints all of them; here, undeclared ones are dropped.
    const declared = Object.entries(labels ?? {}).filter(([name]) =>
      this[ROSTER].shape.labelNames.includes(name),
    );
    const label = Object.fromEntries(declared);
    let h = this[FIND](label);
    if (h.live) {
      this[ROSTER].family.reset(h, false);
      this[ROSTER].retype(h, this[ROSTER].text(label));
    } else h = this[ROSTER].bind(h, label);
    if (declared.length === 0) this[SINGLE] = h;
  }

  startTimer(
    labels?: LabelValues<T>,
    exemplarLabels?: LabelValues<string>,
  ): Timer<[labels?: LabelValues<T>, exemplarLabels?: LabelValues<string>]> {
    if (!this.enableExemplars) return startTimer(this, labels);
    return startTimerWithExemplar(this, labels, exemplarLabels);
  }

  labels(...args: unknown[]): NewHistogramChild<T> {
    const made = childOf(this, args);
    if (made !== null) return made as NewHistogramChild<T>;
    const labels = labelsOf(
      this.labelNames,
      args,
      this[ROSTER].undefaulted,
    ) as LabelValues<T> | null;
    validateLabels(this.labelNames, labels);
    if (labels === null) return makeThrowingChild(this);
    const h = this[FIND](labels);
    const kept = keptChild(this, h, labels);
    if (kept !== null) return kept as NewHistogramChild<T>;
    const child = makeChild(this, h, labels, this[ROSTER].text(labels));
    keepChild(this, h, labels, child);
    return child;
  }

  override reset(): void {
    this[ROSTER].reset(true);
  }
}

addTiming(Histogram.prototype);

lend(Histogram.prototype, 'bucketValues', (histogram: Histogram) =>
  bucketValuesOf(histogram.upperBounds),
);

/** Counts a value `times` times in one update. */
function repeat(histogram: Histogram, labels: object | null, value: number, times: number): void {
  const bucket = bucketOf(histogram[SCALE], value);
  if (times > 0) change(histogram, labels, observingTimes(times), value, bucket);
}

function observeWithExemplar<T extends string>(
  histogram: Histogram<T>,
  given: ObserveDataWithExemplar<T> | number | null = {} as ObserveDataWithExemplar<T>,
  more: unknown[],
): void {
  const observe = Histogram.prototype.observe.bind(histogram) as (...args: unknown[]) => void;
  // Plain arguments: observes without an exemplar. prom-client would take the first one for the options object.
  if (typeof given !== 'object' || given === null || more[0] !== undefined) {
    observe(given, ...more);
  } else {
    const { labels, value, count, exemplarLabels = {} } = given;
    const own = labels || {};
    observe(own, value, count);
    if (count === 0) return;
    if (Object.keys(exemplarLabels).length === 0) return;
    exemplify(histogram, own, bucketOf(histogram[SCALE], value), value, exemplarLabels);
  }
}

function makeChild<T extends string>(
  histogram: Histogram<T>,
  h: Handle,
  labels: LabelValues<T>,
  label: LabelText,
): NewHistogramChild<T> {
  const roster = histogram[ROSTER];
  const scale = histogram[SCALE];
  const chosen = { ...labels };
  return observerChild<T>(
    (value: number, count?: unknown, more?: unknown) => {
      if (!Number.isFinite(value)) throw invalid('Value', value, roster);
      // `forEach(child.observe)` passes three arguments, of which the second is no count.
      if (count !== undefined && more === undefined) {
        const times = timesOf(count, roster);
        const how = observingTimes(times);
        if (times > 0) h = roster.updateText(h, label, how, value, bucketOf(scale, value));
      } else if (h.generations[h.word] !== h.expected) {
        h = roster.updateText(h, label, observing, value, bucketOf(scale, value));
      } else record(h, scale, value);
    },
    () => startTimer(histogram, chosen),
    histogram,
    chosen,
  );
}

/** Makes the child of `labels(null)`. As in prom-client, its `observe` takes that null for the value, and throws. */
function makeThrowingChild<T extends string>(histogram: Histogram<T>): NewHistogramChild<T> {
  return observerChild<T>(
    () => {
      throw invalid('Value', null, histogram[ROSTER]);
    },
    () => startTimer(histogram),
    histogram,
    {},
  );
}
