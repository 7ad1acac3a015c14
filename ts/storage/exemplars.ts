/** Exemplars in storage: one event of those that a counter or a histogram's bucket counted. */

import { parseLabelText } from '../labels';
import type { Series } from './cells/series';
import type { Exemplar, ExemplarData } from './data';

/** The latest exemplars of handles that point to this process's own memory. */
export class Exemplars {
  private readonly byHandle = new Map<Series, Map<number, Exemplar>>();

  record(h: Series, exemplar: Exemplar): void {
    const there = this.byHandle.get(h);
    if (there === undefined) this.byHandle.set(h, new Map([[exemplar.place, exemplar]]));
    else there.set(exemplar.place, exemplar);
  }

  /** Removes and returns those of a handle. */
  take(h: Series): Exemplar[] {
    const there = this.byHandle.get(h);
    this.byHandle.delete(h);
    return there === undefined ? [] : [...there.values()];
  }

  /** Those of a handle; undefined for none. */
  read(h: Series): ExemplarData[] | undefined {
    const there = this.byHandle.get(h);
    if (there === undefined) return undefined;
    return Array.from(there.values(), ({ label, ...rest }) => ({
      ...rest,
      labels: parseLabelText(label.text),
      types: label.types,
    }));
  }
}

/** The newest of each place. */
export function newest(exemplars: readonly ExemplarData[]): ExemplarData[] {
  const places = new Map<number, ExemplarData>();
  for (const one of exemplars) {
    const there = places.get(one.place);
    if (there === undefined || one.time > there.time) places.set(one.place, one);
  }
  return [...places.values()];
}
