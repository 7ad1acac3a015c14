/** The values by which the label tree of a metric finds a series. */

import {
  labelText,
  labelValues,
  parseLabelText,
  type LabelText,
  type LabelValue,
  type Pair,
} from '../labels';
import type { Shape } from './cells/kind';

/** The name of the tree's level for labels that a metric does not declare. No label has this name. */
const OTHERS = '';

export class SeriesValues {
  /** The names of the tree's levels: the declared label names and, if series may have other labels, one for those. */
  readonly names: readonly string[];
  private readonly declared: readonly string[];
  private readonly open: boolean;

  constructor({ kind, labelNames }: Shape) {
    this.declared = labelNames;
    this.open = kind.open;
    this.names = kind.open ? [...labelNames, OTHERS] : labelNames;
  }

  /** Returns the values of a caller's label object; ignores names that are not declared, unless others are allowed. */
  ofObject(labels: object): LabelValue[] {
    return this.open ? this.ofText(labelText(labels)) : labelValues(this.names, labels);
  }

  ofText({ text }: LabelText): LabelValue[] {
    return this.ofPairs(parseLabelText(text));
  }

  ofPairs(labels: readonly Readonly<Pair>[]): LabelValue[] {
    const given = new Map<string, LabelValue>(labels);
    const values = this.declared.map((name) => given.get(name));
    if (!this.open) return values;
    for (const name of this.declared) given.delete(name);
    // The order of the labels does not matter, as in the heap.
    const others = [...given].sort(([a], [b]) => (a < b ? -1 : 1));
    return [...values, JSON.stringify(others)];
  }
}
