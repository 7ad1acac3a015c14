/** Observations with their sum and count, and with quantiles over all processes. */

import { format } from 'util';

import { labelsOf, validateLabels, type LabelText } from '../labels';
import {
  MOST_SUB_WINDOWS,
  summaryCells,
  summaryKind,
  summaryNumbers,
  windowOf,
  type Handle,
  type Update,
  type Window,
} from '../storage';
import type { NewSummary, NewSummaryChild } from './api';
import { observerChild } from './children';
import type { SummaryConfiguration } from './configuration';
import type { Timer } from './functions-api';
import * as hidden from './hidden';
import type { Given } from './given';
import { keepChild, keptChild } from './kept-children';
import { change, childOf, Metric, update } from './metric';
import { invalid, timesOf } from './numbers';
import { listOfNumbers } from './options';
import { addTiming } from './timed';
import { startTimer } from './timer';
import type { LabelValues } from './values';

// Constants of this file, because an imported one would be read from the other module's exports at each update.
const FIND: typeof hidden.FIND = hidden.FIND;
const OBSERVING: typeof hidden.OBSERVING = hidden.OBSERVING;
const ROSTER: typeof hidden.ROSTER = hidden.ROSTER;
const SINGLE: typeof hidden.SINGLE = hidden.SINGLE;
const WINDOW: typeof hidden.WINDOW = hidden.WINDOW;
const { observeSlowly, record } = summaryCells;

const DEFAULT_PERCENTILES = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999];

export class Summary<T extends string = string> extends Metric<T> implements NewSummary<T> {
  declare time: NewSummary<T>['time'];
  declare timed: NewSummary<T>['timed'];
  /** @internal */
  declare readonly percentiles: readonly number[];
  /** @internal */
  declare readonly [WINDOW]: Window | null;
  /** @internal */
  declare readonly [OBSERVING]: Update;

  /**
   * @throws as any metric does, and RangeError for a negative `maxAgeSeconds`, or for `ageBuckets` that are negative or
   *   not whole. If either is 0, there is no window, and the other is not checked
   */
  constructor(config: SummaryConfiguration<T>) {
    const defaults = { percentiles: DEFAULT_PERCENTILES.slice(), compressCount: 1000 };
    super(config, summaryKind, defaults, numbersOf);
    const roster = this[ROSTER];
    const window = windowOf(roster.shape.numbers);
    const observing: Update = (h, value) => observeSlowly(h, value, 1, roster, window);
    hidden.hide(this, WINDOW, window);
    hidden.hide(this, OBSERVING, observing);
    // Checks after registration, as prom-client does: the invalid metric stays registered.
    for (const label of this.labelNames as readonly string[]) {
      if (label === 'quantile') throw new Error('quantile is a reserved label keyword');
    }
  }

  observe(
    labels: LabelValues<T> | number | null | undefined,
    value?: number,
    count?: number,
  ): void {
    // Each form of arguments has a branch with stores of its own: in a common branch, V8 would box the number.
    if (value === undefined) {
      // Without a second argument, the first argument is the value, whatever its type.
      if (typeof labels === 'number' && Number.isFinite(labels)) {
        const h = this[SINGLE];
        if (h.generations[h.word] !== h.expected) update(this, h, null, this[OBSERVING], labels);
        else record(h, labels, this[ROSTER], this[WINDOW]);
      } else {
        if (typeof labels !== 'number') validateLabels(this.labelNames, labels || {});
        throw invalid('Value', labels === 0 ? 0 : labels || {}, this[ROSTER]);
      }
    } else if (typeof labels === 'object' && labels !== null) {
      const h = this[FIND](labels);
      if (!Number.isFinite(value)) throw invalid('Value', value, this[ROSTER]);
      if (count !== undefined) repeat(this, labels, value, timesOf(count, this[ROSTER]));
      else if (h.generations[h.word] !== h.expected)
        update(this, h, labels, this[OBSERVING], value);
      else record(h, value, this[ROSTER], this[WINDOW]);
    } else if (typeof labels === 'number') {
      if (!Number.isFinite(labels)) throw invalid('Value', labels, this[ROSTER]);
      // `forEach` passes three arguments, of which the second is no count.
      repeat(this, null, labels, count === undefined ? timesOf(value, this[ROSTER]) : 1);
    } else {
      validateLabels(this.labelNames, labels || {});
      if (!Number.isFinite(value)) throw invalid('Value', value, this[ROSTER]);
      repeat(this, null, value, timesOf(count, this[ROSTER]));
    }
  }

  startTimer(labels?: LabelValues<T>): Timer<[labels?: LabelValues<T>]> {
    return startTimer(this, labels);
  }

  labels(...args: unknown[]): NewSummaryChild<T> {
    const made = childOf(this, args);
    if (made !== null) return made as NewSummaryChild<T>;
    const labels = (labelsOf(this.labelNames, args, this[ROSTER].undefaulted) ??
      {}) as LabelValues<T>;
    validateLabels(this.labelNames, labels);
    const h = this[FIND](labels);
    const kept = keptChild(this, h, labels);
    if (kept !== null) return kept as NewSummaryChild<T>;
    const child = makeChild(this, h, labels, this[ROSTER].text(labels));
    keepChild(this, h, labels, child);
    return child;
  }

  override reset(): void {
    this[ROSTER].reset(false);
  }
}

addTiming(Summary.prototype);

/** Observes a value `times` times in one update. */
function repeat(summary: Summary, labels: object | null, value: number, times: number): void {
  if (times > 0) change(summary, labels, observingTimes(summary, times), value);
}

function observingTimes(summary: Summary, times: number): Update {
  return (h, value) => observeSlowly(h, value, times, summary[ROSTER], summary[WINDOW]);
}

function makeChild<T extends string>(
  summary: Summary<T>,
  h: Handle,
  labels: LabelValues<T>,
  label: LabelText,
): NewSummaryChild<T> {
  const roster = summary[ROSTER];
  const window = summary[WINDOW];
  const observing = summary[OBSERVING];
  const chosen = { ...labels };
  return observerChild<T>(
    (value: number, count?: unknown, more?: unknown) => {
      // If no value is given, prom-client's error names the child's labels as the value.
      if (!Number.isFinite(value))
        throw invalid('Value', value === undefined ? chosen : value, roster);
      // `forEach(child.observe)` passes three arguments, of which the second is no count.
      if (count !== undefined && more === undefined) {
        const times = timesOf(count, roster);
        const how = observingTimes(summary, times);
        if (times > 0) h = roster.updateText(h, label, how, value);
      } else if (h.generations[h.word] !== h.expected)
        h = roster.updateText(h, label, observing, value);
      else record(h, value, roster, window);
    },
    () => startTimer(summary, chosen),
    summary,
    chosen,
  );
}

/** Returns a summary's options as the numbers of its family. */
function numbersOf(given: Given): number[] {
  const { maxAgeSeconds, ageBuckets, pruneAgedBuckets, percentiles } = given;
  // Options from environment variables are texts. As in prom-client, there is a window only if both are numbers, and
  // neither is 0.
  const [age, buckets] = [maxAgeSeconds, ageBuckets].map(Number) as [number, number];
  let window: Window | null = null;
  if (age && buckets) {
    if (age < 0) throw new RangeError(`maxAgeSeconds must be more than 0, and is ${format(age)}`);
    if (!(Number.isInteger(buckets) && buckets > 0)) {
      throw new RangeError(
        `ageBuckets must be a whole number from 1 on, and is ${format(buckets)}`,
      );
    }
    const subWindows = Math.min(buckets, MOST_SUB_WINDOWS);
    const length = (age * 1000) / subWindows;
    if (length < Infinity) window = { length, subWindows };
  }
  const numbers = listOfNumbers('percentiles', percentiles ?? DEFAULT_PERCENTILES);
  return summaryNumbers(window, Boolean(pruneAgedBuckets), numbers);
}
