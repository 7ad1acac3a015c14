/** Turns the labels that a caller gives into the label set under which the caller's update counts. */

import {
  isLong,
  labelText,
  wellFormed,
  type LabelDefaults,
  type LabelText,
  type LabelValue,
  type Pair,
  type ValueLimits,
} from '../labels';
import type { Shape } from './cells/kind';
import { SeriesValues } from './series-values';

/** The options that change label sets. */
export interface LabelOptions {
  /** Values of labels that the caller leaves out. */
  readonly defaults: LabelDefaults | null;
  /** Limits on the values of single labels. */
  readonly limits: ValueLimits | null;
  /** The labels of the series in which updates of refused series count; null to drop these updates. */
  readonly overflow: object | null;
}

/** Options with which updates count under the labels that the caller gives. */
export const AS_NAMED: LabelOptions = { defaults: null, limits: null, overflow: null };

/** The series in which updates of refused series count. */
export interface OverflowSeries {
  readonly label: LabelText;
  readonly values: readonly LabelValue[];
}

export class LabelSets {
  readonly defaults: LabelDefaults | null;
  readonly overflow: OverflowSeries | null;
  /** The names of the label tree's levels. */
  readonly names: readonly string[];
  private readonly series: SeriesValues;
  private readonly limits: ValueLimits | null;
  private readonly known: (name: string) => readonly string[];

  /**
   * @param shape the metric's shape
   * @param known returns the values that a label has in the series of all processes
   */
  constructor(
    shape: Shape,
    { defaults, limits, overflow }: LabelOptions,
    known: (name: string) => readonly string[],
  ) {
    this.series = new SeriesValues(shape);
    this.names = this.series.names;
    this.defaults = defaults;
    this.limits = limits;
    this.known = known;
    this.overflow = overflow && {
      label: labelText(overflow),
      values: this.series.ofObject(overflow),
    };
  }

  /** Returns a caller's labels with default values in place of missing ones. */
  named(labels: object): object {
    return this.defaults === null ? labels : this.defaults.fill(labels);
  }

  /** Returns the values of {@link named} labels. */
  values(labels: object): LabelValue[] {
    return this.series.ofObject(this.named(labels));
  }

  /**
   * Returns the text of the label set under which a caller's labels count.
   *
   * @param bytes the maximum length of a value
   * @returns `TOO_LONG` for a label set that the storage would refuse because of a value's length
   */
  text(labels: object, bytes: number): LabelText {
    const named = this.named(labels);
    const counted = this.limits?.countedLabels(named, bytes, this.known) ?? named;
    return labelText(counted, bytes);
  }

  /** Returns the text of {@link named} labels, without replacing values beyond a limit. */
  textAsNamed(labels: object, bytes: number): LabelText {
    return labelText(this.named(labels), bytes);
  }

  /**
   * Returns the values under which updates of a label set count. Called for label sets for which the caller found no
   * handle.
   *
   * @param values with default values; not yet well-formed
   * @returns null if one is longer than the storage allows
   */
  counted(values: readonly LabelValue[], bytes: number): readonly LabelValue[] | null {
    const counted: LabelValue[] = [];
    for (const [i, value] of values.entries()) {
      const name = this.names[i]!;
      if (value === undefined) counted.push(undefined);
      else if (this.limits?.has(name) === true) {
        counted.push(this.limits.counted(name, value, bytes, this.known));
      } else if (isLong(value, bytes)) return null;
      else counted.push(wellFormed(value));
    }
    return counted;
  }

  /** Returns the values of a series' labels, which were read from the storage. */
  valuesOf(labels: readonly Readonly<Pair>[]): LabelValue[] {
    return this.series.ofPairs(labels);
  }

  /** Returns the values in a label text. */
  textValues(label: LabelText): LabelValue[] {
    return this.series.ofText(label);
  }

  /** Returns whether labels that were read are one of several label sets. */
  includes(sets: readonly object[], labels: readonly Readonly<Pair>[]): boolean {
    const values = this.valuesOf(labels);
    return sets.some((set) => this.values(set).every((value, i) => value === values[i]));
  }
}
