/** Images of what was counted in a handle's cells: {@link Kind.image}, by whatever path the handle has. */

import type { Buckets } from './buckets';
import type { Kind } from './kind';
import { NativePath } from './native-path';
import type { Series } from './series';
import { changed, SharedPath } from './shared-path';

/** An image of what was counted. */
export function readImage(h: Series, kind: Kind): Float64Array {
  if (!(h.path instanceof NativePath)) return kind.image(h);
  const image = h.path.read(h);
  return image.length < h.size ? kind.blank(h.size) : image;
}

/** An image of what was counted, without what a dead writer had left. */
export function ownImage(h: Series, kind: Kind): Float64Array {
  const own = readImage(h, kind);
  if (h.base !== null && kind.adds) kind.minus(own, h.base, h.size);
  return own;
}

/** Replaces what was counted, so that no reader sees a half of it. */
export function writeImage(h: Series, kind: Kind, image: Float64Array, buckets: Buckets): void {
  if (h.path instanceof NativePath) h.path.write(h, image);
  else kind.write(h, image, buckets);
}

/**
 * Adds an image to what is in the place it moves to; a gauge's replaces that.
 *
 * @returns false if it is not there: the series was gone while room was made for its buckets, or the segment is being
 *   left
 */
export function mergeImage(h: Series, kind: Kind, moved: Float64Array, buckets: Buckets): boolean {
  const { path } = h;
  writeImage(h, kind, merged(h, kind, moved), buckets);
  return h.live && (!(path instanceof SharedPath) || path.written);
}

function merged(h: Series, kind: Kind, moved: Float64Array): Float64Array {
  if (kind.adds) return kind.plus(readImage(h, kind), moved, h.size);
  const waits = kind.shared && !(h.path instanceof SharedPath);
  return waits ? changed(readImage(h, kind), moved) : moved;
}
