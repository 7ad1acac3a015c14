/** Moves the series of a metric from one storage to another. */

import type { LabelText } from '../labels';
import { mergeImage, ownImage } from './cells/image';
import type { Handle } from './cells/handle';
import type { Kind } from './cells/kind';
import type { Exemplar } from './data';
import { rescueExpired } from './expiry';
import type { Family } from './family';
import { BackendFamily } from './backend/family';
import { MemoryFamily } from './memory';

/** A series that was taken out of one storage, and is to be brought into another. */
interface Moved {
  readonly h: Handle;
  readonly label: LabelText;
  /** This isolate's own part; null if it has none. */
  readonly own: Float64Array | null;
  readonly exemplars: readonly Exemplar[];
}

/** The metric whose series move. */
interface Mover {
  /** The storage of the series. It may be replaced at each call. */
  readonly family: Family;
  /**
   * Takes the part of a refused series. If the metric has the option `overflow`, adds the part to the series whose
   * labels are `other`; if that series is not live, counts the part as dropped. Without the option, does nothing.
   */
  overflowImage(own: Float64Array): void;
}

/** Takes all series out of a storage, and closes it. */
export function takeOut(from: Family, handles: readonly Handle[], kind: Kind): Moved[] {
  rescueExpired();
  const all = [...handles].sort((a, b) => a.birth - b.birth);
  const moved = all.map((h) => ({
    h,
    label: { text: h.text, types: h.types },
    own: h.live ? ownImage(h, kind) : null,
    exemplars: from instanceof MemoryFamily ? from.takeExemplars(h) : [],
  }));
  for (const h of all) from.release(h);
  from.close();
  return moved;
}

/**
 * Brings series into the storage that a metric has now.
 *
 * @param tries maximum number of attempts to bind a series that other processes keep removing
 */
export function bringIn(to: Mover, moved: readonly Moved[], kind: Kind, tries: number): void {
  for (const { h, label, own, exemplars } of moved) {
    if (own === null) continue;
    // Reads `to.family` at each attempt, because memory storage may have taken the place of the heap meanwhile.
    let merged = false;
    for (let i = 0; !merged && i < tries && to.family.bind(h, label); i++)
      merged = mergeImage(h, kind, own, to.family.bucketSource);
    if (!merged && h.live && to.family.hold(h, label))
      mergeImage(h, kind, own, to.family.bucketSource);
    if (!h.live) {
      to.overflowImage(own);
      continue;
    }
    if (to.family instanceof BackendFamily) to.family.tellOf(h, own);
    for (const exemplar of exemplars) to.family.exemplify(h, exemplar);
  }
}
