/** The types of label values in this isolate's calls. JSON shows values of these types. */

import { labelText, typesIn, type LabelText, type Pair } from '../labels';
import { Backing, type Handle } from './cells/handle';
import type { FamilyData } from './data';

export class GivenTypes {
  /** True once a label value was not a string. */
  private typed = false;

  /** Notes the types in a call that makes a series. */
  note(label: LabelText): void {
    if (label.types !== '') this.typed = true;
  }

  /** Gives a series the types of the labels with which it was set or reset. */
  retype(h: Handle, label: LabelText): void {
    h.types = typesIn(h.text, label);
    this.note(label);
  }

  /**
   * Returns a family with the types that this isolate gave, for series that this isolate updates. The storage has the
   * types that were given by the process that made the series.
   *
   * @param handleOf returns this isolate's handle of a series
   */
  in<D extends FamilyData>(
    data: D,
    handleOf: (labels: readonly Readonly<Pair>[]) => Handle | undefined,
  ): D {
    if (!this.typed) return data;
    const series = data.series.map((one) => {
      const h = handleOf(one.labels);
      if (h?.live !== true || h.backing !== Backing.Heap) return one;
      const { text } = labelText(Object.fromEntries(one.labels));
      return { ...one, types: typesIn(text, h) };
    });
    return { ...data, series };
  }
}
