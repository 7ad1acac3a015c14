/** A value that goes up and down. */

import { labelsOf, validateLabels, type LabelText } from '../labels';
import {
  adding,
  gaugeKind,
  readImage,
  recentKind,
  setting,
  sharedGaugeKind,
  type Kind,
  type Handle,
} from '../storage';
import { chosenAggregator } from './aggregator-choice';
import type { NewGauge, NewGaugeChild } from './api';
import { gaugeChild, type GaugeFunctions } from './children';
import type { GaugeConfiguration } from './configuration';
import { livesKept } from './dead';
import { likelyName } from './full-name';
import type { Timer } from './functions-api';
import * as hidden from './hidden';
import { addTracking } from './in-progress';
import { keepChild, keptChild } from './kept-children';
import { childOf, Metric, update } from './metric';
import { invalid } from './numbers';
import { addTiming } from './timed';
import { startClock } from './timer';
import type { GaugeAggregator, LabelValues } from './values';

// Constants of this file, because an imported one would be read from the other module's exports at each update.
const FIND: typeof hidden.FIND = hidden.FIND;
const ROSTER: typeof hidden.ROSTER = hidden.ROSTER;
const SINGLE: typeof hidden.SINGLE = hidden.SINGLE;

type Labels<T extends string> = LabelValues<T> | number | null | undefined;

export class Gauge<T extends string = string> extends Metric<T> implements NewGauge<T> {
  declare time: NewGauge<T>['time'];
  declare timed: NewGauge<T>['timed'];
  declare trackInProgress: NewGauge<T>['trackInProgress'];
  declare trackingInProgress: NewGauge<T>['trackingInProgress'];
  constructor(config: GaugeConfiguration<T>) {
    const aggregator = aggregatorOf(config);
    super(config, kindOf(aggregator), { aggregator }, livesKept);
  }

  set(labels: Labels<T>, value?: number): void {
    const given = typeof labels === 'object' ? labels : null;
    const v = given === null ? (labels as number) : value!;
    if (typeof v !== 'number') throw invalid('Value', v, this[ROSTER]);
    const h = given === null ? this[SINGLE] : this[FIND](given);
    if (h.generations[h.word] !== h.expected) update(this, h, given, setting, v);
    else h.cells[h.first] = v;
  }

  inc(labels?: Labels<T>, value?: number): void {
    const given = typeof labels === 'object' ? labels : null;
    const v = given === null ? (labels as number | undefined) : value;
    add(this, given, v === undefined ? 1 : v);
  }

  dec(labels?: Labels<T>, value?: number): void {
    const given = typeof labels === 'object' ? labels : null;
    const v = given === null ? (labels as number | undefined) : value;
    add(this, given, v === undefined ? -1 : -v);
  }

  setToCurrentTime(labels?: LabelValues<T>): void {
    const now = Date.now() / 1000;
    if (labels === undefined) this.set(now);
    else this.set(labels, now);
  }

  startTimer(labels?: LabelValues<T>): Timer<[labels?: LabelValues<T>]> {
    return startClock((value, endLabels) => {
      this.set(Object.assign({}, labels, endLabels), value);
    });
  }

  labels(...args: unknown[]): NewGaugeChild<T> {
    const given = !ownMethods(this);
    const made = given ? null : childOf(this, args);
    if (made !== null) return made as NewGaugeChild<T>;
    const labels = labelsOf(
      this.labelNames,
      args,
      this[ROSTER].undefaulted,
    ) as LabelValues<T> | null;
    validateLabels(this.labelNames, labels);
    // `labels(null)` returns a delegating child, too. Its functions pass null to the gauge's methods, which take it for
    // the value, so that `inc` and `set` throw. prom-client does the same.
    if (given || labels === null) return makeDelegatingChild(this, labels!);
    const h = this[FIND](labels);
    const kept = keptChild(this, h, labels);
    if (kept !== null) return kept as NewGaugeChild<T>;
    const label = this[ROSTER].text(labels);
    const child = makeChild(this, h, labels, label);
    this[ROSTER].compareChild(h, label);
    if (keepChild(this, h, labels, child)) h.childTypes = label.types;
    return child;
  }

  override reset(): void {
    this[ROSTER].reset(this.labelNames.length > 0);
  }

  /** @internal Returns this isolate's own value of a series; 0 if there is none. */
  _getValue(labels?: LabelValues<T>): number {
    const h = this[ROSTER].peek(labels ?? {});
    if (h?.live !== true) return 0;
    const { shape } = this[ROSTER];
    return shape.kind.values(readImage(h, shape.kind), shape, h.size)[0]!;
  }
}

addTiming(Gauge.prototype);
addTracking(Gauge.prototype);

function add(gauge: Gauge, labels: object | null, delta: number): void {
  if (typeof delta !== 'number') throw invalid('Delta', delta, gauge[ROSTER]);
  const h = labels === null ? gauge[SINGLE] : gauge[FIND](labels);
  if (h.generations[h.word] !== h.expected) update(gauge, h, labels, adding, delta);
  else h.cells[h.first]! += delta;
}

function makeChild<T extends string>(
  gauge: Gauge<T>,
  h: Handle,
  labels: LabelValues<T>,
  label: LabelText,
): NewGaugeChild<T> {
  const roster = gauge[ROSTER];
  const add = (delta: number): void => {
    if (typeof delta !== 'number') throw invalid('Delta', delta, roster);
    if (h.generations[h.word] !== h.expected) h = roster.updateText(h, label, adding, delta);
    else h.cells[h.first]! += delta;
  };
  const set = (value: number): void => {
    if (typeof value !== 'number') throw invalid('Value', value, roster);
    if (h.generations[h.word] !== h.expected) h = roster.updateText(h, label, setting, value);
    else h.cells[h.first] = value;
  };
  const chosen = { ...labels };
  const functions: GaugeFunctions<T> = {
    set,
    inc: (value) => {
      add(value === undefined ? 1 : value);
    },
    dec: (value) => {
      add(value === undefined ? -1 : -value);
    },
    setToCurrentTime: () => {
      const now = Date.now() / 1000;
      if (gauge.set === own.set) set(now);
      else gauge.set(chosen, now);
    },
    startTimer: () => gauge.startTimer(chosen),
  };
  return gaugeChild(functions, gauge, chosen);
}

/**
 * Makes a child that calls the gauge's methods, as prom-client's children do: a class that overrides a method, or a
 * program that replaces it, sees the calls of children.
 */
function makeDelegatingChild<T extends string>(
  gauge: Gauge<T>,
  labels: LabelValues<T>,
): NewGaugeChild<T> {
  type WithLabels = (labels: object, value?: number) => void;
  const { inc, dec, set } = gauge as unknown as Record<'inc' | 'dec' | 'set', WithLabels>;
  const functions: GaugeFunctions<T> = {
    inc: inc.bind(gauge, labels),
    dec: dec.bind(gauge, labels),
    set: set.bind(gauge, labels),
    setToCurrentTime: gauge.setToCurrentTime.bind(gauge, labels),
    startTimer: gauge.startTimer.bind(gauge, labels),
  };
  return gaugeChild(functions, gauge, labels ?? {});
}

/** The methods of a gauge that children need, for comparison. */
type Methods = Readonly<Record<'set' | 'inc' | 'dec' | 'setToCurrentTime' | 'startTimer', unknown>>;

/** The methods of this class. If a gauge has other methods, its children call those: {@link makeDelegatingChild}. */
const own = ((methods: Methods): Methods => {
  const { set, inc, dec, setToCurrentTime, startTimer } = methods;
  return { set, inc, dec, setToCurrentTime, startTimer };
})(Gauge.prototype as Gauge);

function ownMethods(gauge: Methods): boolean {
  return (
    gauge.set === own.set &&
    gauge.inc === own.inc &&
    gauge.dec === own.dec &&
    gauge.setToCurrentTime === own.setToCurrentTime &&
    gauge.startTimer === own.startTimer
  );
}

/**
 * Returns the aggregator that the program names, or else the one that the user chose for gauges of this name, or else
 * `sum`. Ignores an invalid configuration, for which the constructor throws later.
 */
function aggregatorOf<T extends string>(
  config: GaugeConfiguration<T> | null | undefined,
): GaugeAggregator {
  if (config === null || typeof config !== 'object') return 'sum';
  const { aggregator, labelNames, ttlSeconds, dead } = config;
  const name = likelyName('gauge', config);
  const has = { ttl: ttlSeconds !== undefined, dead: dead !== undefined };
  return aggregator ?? chosenAggregator(name, labelNames, has) ?? 'sum';
}

function kindOf(aggregator: GaugeAggregator): Kind {
  if (aggregator === 'mostrecent' || aggregator === 'livemostrecent') return recentKind;
  return aggregator === 'shared' ? sharedGaugeKind : gaugeKind;
}
