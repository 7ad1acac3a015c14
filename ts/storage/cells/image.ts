/** Images of a handle's counts ({@link Kind.image}), for handles with any path. */

import type { BucketSource } from './octave-buckets';
import type { Kind } from './kind';
import { NativePath } from './native-path';
import type { Handle } from './handle';
import { changed, SharedGaugePath } from './shared-path';

/** Returns an image of the counts. */
export function readImage(h: Handle, kind: Kind): Float64Array {
  if (!(h.path instanceof NativePath)) return kind.image(h);
  const image = h.path.read(h);
  return image.length < h.size ? kind.blank(h.size) : image;
}

/** Returns an image of the counts, without those of a dead writer whose slot was adopted. */
export function ownImage(h: Handle, kind: Kind): Float64Array {
  const own = readImage(h, kind);
  if (h.base !== null && kind.adds) kind.minus(own, h.base, h.size);
  return own;
}

/**
 * Replaces the counts by an image. No reader sees half of it. If a shared gauge was only incremented or decremented, and
 * never set, its image is added to the value in the heap instead.
 */
export function writeImage(h: Handle, kind: Kind, image: Float64Array, source: BucketSource): void {
  if (h.path instanceof NativePath) h.path.write(h, image);
  else kind.write(h, image, source);
}

/**
 * Adds an image to the counts in the cells that a handle moved to. A gauge's image replaces the value instead; that of
 * a shared gauge does so only if the gauge was set.
 *
 * @returns false if that failed, because the series was removed meanwhile, or because the segment is being left
 */
export function mergeImage(
  h: Handle,
  kind: Kind,
  moved: Float64Array,
  source: BucketSource,
): boolean {
  const { path } = h;
  writeImage(h, kind, merged(h, kind, moved), source);
  return h.live && (!(path instanceof SharedGaugePath) || path.written);
}

function merged(h: Handle, kind: Kind, moved: Float64Array): Float64Array {
  if (kind.adds) return kind.plus(readImage(h, kind), moved, h.size);
  const waits = kind.sharedGauge && !(h.path instanceof SharedGaugePath);
  return waits ? changed(readImage(h, kind), moved) : moved;
}
