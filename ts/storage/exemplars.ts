/** Exemplars in this process's own memory: for each counter and each bucket, one of the updates that it counted. */

import { parseLabelText } from '../labels';
import type { Handle } from './cells/handle';
import type { Exemplar, ExemplarData } from './data';

/** The latest exemplars of handles that point to this process's own memory. */
export class Exemplars {
  private readonly byHandle = new Map<Handle, Map<number, Exemplar>>();

  record(h: Handle, exemplar: Exemplar): void {
    const there = this.byHandle.get(h);
    if (there === undefined) this.byHandle.set(h, new Map([[exemplar.bucket, exemplar]]));
    else there.set(exemplar.bucket, exemplar);
  }

  /** Removes and returns the exemplars of a handle. */
  take(h: Handle): Exemplar[] {
    const there = this.byHandle.get(h);
    this.byHandle.delete(h);
    return there === undefined ? [] : [...there.values()];
  }

  /** Returns the exemplars of a handle; undefined for none. */
  read(h: Handle): ExemplarData[] | undefined {
    const there = this.byHandle.get(h);
    if (there === undefined) return undefined;
    return Array.from(there.values(), ({ label, ...rest }) => ({
      ...rest,
      labels: parseLabelText(label.text),
      types: label.types,
    }));
  }
}

/** Returns the newest exemplar of each bucket. */
export function newest(exemplars: readonly ExemplarData[]): ExemplarData[] {
  const places = new Map<number, ExemplarData>();
  for (const one of exemplars) {
    const there = places.get(one.bucket);
    if (there === undefined || one.time > there.time) places.set(one.bucket, one);
  }
  return [...places.values()];
}
