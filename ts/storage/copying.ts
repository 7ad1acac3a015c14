/** Copies the values of one metric to another of the same shape. */

import { ownImage, writeImage } from './cells/image';
import type { Handle } from './cells/handle';
import { MemoryFamily } from './memory';
import type { Roster } from './roster';

/**
 * Gives a metric the series and values that another has in this isolate. No reader sees half of a value. The target's
 * other series are released.
 *
 * @param to a metric of the same shape, without default values and limits of labels
 */
export function copySeries(from: Roster, to: Roster): void {
  const { kind } = from.shape;
  const copied = new Set<Handle>();
  const handles = from.handles().sort((a, b) => a.birth - b.birth);
  for (const h of handles) {
    if (!h.live) continue;
    const label = { text: h.text, types: h.types };
    const own = ownImage(h, kind);
    const target = to.bindText(to.handleFor(label), label);
    // The storage has refused the series.
    if (!target.live) continue;
    copied.add(target);
    // The block may have counts of a dead writer, which are not this metric's own.
    const adopted = kind.adds ? target.base : null;
    const image = adopted === null ? own : kind.plus(adopted.slice(), own, target.size);
    writeImage(target, kind, image, to.family.bucketSource);
    const { family } = from;
    if (!(family instanceof MemoryFamily)) continue;
    for (const exemplar of family.takeExemplars(h)) to.family.exemplify(target, exemplar);
  }
  for (const h of to.handles()) if (!copied.has(h)) to.family.release(h);
}
