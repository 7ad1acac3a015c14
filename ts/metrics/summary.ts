/**
 * Observations with their sum and count.
 *
 * Quantiles are not recorded yet: `percentiles` and the settings of the time window are accepted and
 * kept as properties, and no quantile line is printed.
 */

import { format } from 'node:util';

import { labelsOf, labelText, validateLabels, type LabelText } from '../labels';
import { observing, summaryKind, type Series } from '../storage';
import { Metric } from './metric';
import { startTimer } from './timer';
import type { CollectFunction, LabelValues, MetricConfiguration } from './types';

export interface SummaryConfiguration<T extends string> extends MetricConfiguration<T> {
  /** Accepted, without effect yet. */
  percentiles?: number[];
  /** Accepted, without effect yet. */
  maxAgeSeconds?: number;
  /** Accepted, without effect yet. */
  ageBuckets?: number;
  /** Accepted, without effect yet. */
  pruneAgedBuckets?: boolean;
  /** Accepted, without effect: there is nothing to compress. */
  compressCount?: number;
  collect?: CollectFunction<Summary<T>>;
}

/** A summary with its labels chosen. Its functions may be taken off it. */
export interface SummaryChild<T extends string = string> {
  observe: (value: number) => void;
  startTimer: () => (labels?: LabelValues<T>) => number;
}

export class Summary<T extends string = string> extends Metric<T> {
  declare readonly percentiles: readonly number[];

  constructor(config: SummaryConfiguration<T>) {
    super(config, summaryKind, {
      percentiles: [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999],
      compressCount: 1000,
    });
    // After registration, as in prom-client: the broken metric stays registered.
    for (const label of this.labelNames as readonly string[]) {
      if (label === 'quantile') throw new Error('quantile is a reserved label keyword');
    }
  }

  /**
   * Adds a value.
   *
   * @param value finite
   * @throws TypeError for a value that is no finite number, Error for labels that are not declared
   */
  observe(labels: LabelValues<T>, value: number): void;
  /** Adds a value to the series without labels. */
  observe(value: number): void;
  observe(labels: LabelValues<T> | number | null | undefined, value?: number): void {
    let h = this.single;
    let given: object | null = null;
    let v = value!;
    if (value === undefined) {
      // Without a second argument the first is the value, whatever it is.
      if (typeof labels !== 'number') validateLabels(this.labelNames, labels || {});
      v = (labels || (labels === 0 ? 0 : {})) as number;
    } else if (typeof labels === 'object' && labels !== null) {
      given = labels;
      h = this.find(labels);
    } else {
      validateLabels(this.labelNames, labels || {});
    }
    if (!Number.isFinite(v)) throw invalid(v);
    if (h.g[h.w] !== h.e) this.update(h, given, observing, v);
    else record(h, v);
  }

  /**
   * Starts a timer.
   *
   * @returns a function that observes the seconds since, and returns them; its labels are added to
   *   those given here
   */
  startTimer(labels?: LabelValues<T>): (labels?: LabelValues<T>) => number {
    return startTimer(this, labels);
  }

  /**
   * The summary with its labels chosen: the quickest way to observe.
   *
   * @param args a label object, or a value for each label name
   * @throws Error if there are not as many values as names, or for labels that are not declared
   */
  labels(labels: LabelValues<T>): SummaryChild<T>;
  labels(...values: unknown[]): SummaryChild<T>;
  labels(...args: unknown[]): SummaryChild<T> {
    const made = this.childOf(args);
    if (made !== null) return made as SummaryChild<T>;
    const labels = (labelsOf(this.labelNames, args) ?? {}) as LabelValues<T>;
    validateLabels(this.labelNames, labels);
    const h = this.find(labels);
    if (h.child === null || !h.live) h.child = this.bound(h, labels, labelText(labels));
    return h.child as SummaryChild<T>;
  }

  /** Sets this process's own part of every series to zero; they stay shown. */
  override reset(): void {
    this.roster.reset(false);
  }

  private bound(h: Series, labels: LabelValues<T>, label: LabelText): SummaryChild<T> {
    const chosen = { ...labels };
    return {
      observe: (value) => {
        // prom-client takes a child's labels for the value where no value is given.
        if (!Number.isFinite(value)) throw invalid(value === undefined ? chosen : value);
        if (h.g[h.w] !== h.e) h = this.roster.updateText(h, label, observing, value);
        else record(h, value);
      },
      startTimer: () => startTimer(this, chosen),
    };
  }
}

/** One observation; see `storage/cells.ts` for the order of the stores. */
function record(h: Series, value: number): void {
  const { f, i } = h;
  const sequence = f[i]! + 1;
  f[i + 3] = sequence;
  f[i + 1]! += 1;
  f[i + 2]! += value;
  f[i] = sequence;
}

function invalid(value: unknown): TypeError {
  return new TypeError(`Value is not a valid number: ${format(value)}`);
}

// eslint-disable-next-line @typescript-eslint/no-namespace -- prom-client's types are written so
export declare namespace Summary {
  /** prom-client's name of what `labels()` returns. */
  export type Internal<T extends string> = SummaryChild<T>;
  /** prom-client's name of a part of the configuration. */
  export interface Config {
    percentiles?: number[];
  }
}
