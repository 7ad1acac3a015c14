/** A value that only grows. */

import { labelsOf, type LabelText } from '../labels';
import { adding, counterKind, type Roster, type Handle } from '../storage';
import type { NewCounter, NewCounterChild } from './api';
import { counterChild } from './children';
import type { CounterConfiguration } from './configuration';
import { addExceptionCounting } from './exceptions';
import * as hidden from './hidden';
import { keepChild, keptChild } from './kept-children';
import { childOf, exemplify, Metric, update } from './metric';
import { invalid } from './numbers';
import type { IncreaseDataWithExemplar, LabelValues } from './values';

// Constants of this file, because an imported one would be read from the other module's exports at each update.
const FIND: typeof hidden.FIND = hidden.FIND;
const ROSTER: typeof hidden.ROSTER = hidden.ROSTER;
const SINGLE: typeof hidden.SINGLE = hidden.SINGLE;

export class Counter<T extends string = string> extends Metric<T> implements NewCounter<T> {
  declare countExceptions: NewCounter<T>['countExceptions'];
  declare countingExceptions: NewCounter<T>['countingExceptions'];
  /** @internal */
  declare readonly [hidden.INC]?: unknown;

  constructor(config: CounterConfiguration<T>) {
    super(config, counterKind, {});
    // Replaces the method here, once, so that counting without exemplars costs nothing more.
    if (this.enableExemplars) {
      const inc = (given?: unknown, alone?: number | null): void => {
        incWithExemplar(this, given as IncreaseDataWithExemplar<T>, alone);
      };
      this.inc = inc;
      hidden.hide(this, hidden.INC, inc);
    }
  }

  inc(
    labels?: LabelValues<T> | IncreaseDataWithExemplar<T> | number | null,
    value?: number | null,
  ): void {
    let h: Handle;
    let given: object | null = null;
    if (typeof labels === 'object' && labels !== null) {
      given = labels;
      h = this[FIND](labels);
    } else {
      value = labels;
      h = this[SINGLE];
    }
    const v =
      typeof value === 'number' && value >= 0 && value < Infinity
        ? value
        : unusual(value, this[ROSTER]);
    if (h.generations[h.word] !== h.expected) update(this, h, given, adding, v);
    else h.cells[h.first]! += v;
  }

  labels(...args: unknown[]): NewCounterChild {
    const given = this.inc !== ownInc && this.inc !== this[hidden.INC];
    const made = given ? null : childOf(this, args);
    if (made !== null) return made as NewCounterChild;
    const labels = labelsOf(this.labelNames, args, this[ROSTER].undefaulted) ?? {};
    // Binds `inc` as prom-client does: a class that overrides `inc`, or a program that replaces it, sees the updates of
    // children.
    if (given) return counterChild(this.inc.bind(this, labels as LabelValues<T>), this, labels);
    let h: Handle;
    try {
      h = this[FIND](labels);
    } catch {
      // prom-client accepts any labels here, and throws for invalid ones only when the child counts.
      return counterChild(
        (value) => {
          this.inc(labels, value);
        },
        this,
        labels,
      );
    }
    const kept = keptChild(this, h, labels);
    if (kept !== null) return kept as NewCounterChild;
    const child = makeChild(this, h, labels, this[ROSTER].text(labels));
    keepChild(this, h, labels, child);
    return child;
  }

  override reset(): void {
    this[ROSTER].reset(this.labelNames.length > 0);
  }
}

addExceptionCounting(Counter.prototype);

// eslint-disable-next-line @typescript-eslint/unbound-method -- only compared
const ownInc = Counter.prototype.inc;

function incWithExemplar<T extends string>(
  counter: Counter<T>,
  given: IncreaseDataWithExemplar<T> | number | null = {},
  alone?: number | null,
): void {
  const count = Counter.prototype.inc.bind(counter) as (labels?: unknown, value?: unknown) => void;
  // Counts without an exemplar. prom-client would take these arguments for the options object.
  if (typeof given !== 'object' || given === null) {
    count(given);
  } else if (alone !== undefined) {
    count(given, alone);
  } else {
    const { labels = {}, value = 1, exemplarLabels } = given;
    count(labels, value);
    if (exemplarLabels === undefined) return;
    // As in prom-client, the exemplar of an increment by 0 has the value 1.
    exemplify(counter, labels, 0, value || 1, exemplarLabels);
  }
}

function makeChild(counter: Counter, h: Handle, labels: object, label: LabelText): NewCounterChild {
  const roster = counter[ROSTER];
  return counterChild(
    (value) => {
      const v =
        typeof value === 'number' && value >= 0 && value < Infinity
          ? value
          : unusual(value, roster);
      if (h.generations[h.word] !== h.expected) h = roster.updateText(h, label, adding, v);
      else h.cells[h.first]! += v;
    },
    counter,
    labels,
  );
}

/** Returns what an unusual increment adds, or throws. NaN and other falsy values are accepted, as by prom-client. */
function unusual(value: unknown, of: Roster): number {
  if (value === undefined || value === null) return 1;
  if (value && !Number.isFinite(value)) {
    throw invalid('Value', value, of);
  }
  if ((value as number) < 0) throw new Error('It is not possible to decrease a counter');
  return Number(value);
}
