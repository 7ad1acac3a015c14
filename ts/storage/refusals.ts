/**
 * The latest label sets that a storage refused: 1e6 random label values must neither fill memory nor cost a native call
 * each.
 *
 * While a storage refuses, it is asked only about a label set that is seen for the second time, and about one in
 * {@link ASK_AGAIN} others. Random values are hardly ever seen twice; a label set that is used is, and another process
 * may have made it already.
 */

import type { LabelValue } from '../labels';

/** Updates that are refused without asking before the storage is asked again. */
const ASK_AGAIN = 1024;

/** Most label sets that are remembered. */
const REMEMBERED = 1024;

/** Longest label set, in UTF-16 units, that is remembered. */
const LONGEST = 128;

export class Refusals {
  /** Updates that may still be refused without asking; 0 if the storage refuses nothing. */
  private left = 0;
  /** By label set, the latest last: whether the storage itself refused it. */
  private readonly seen = new Map<string, boolean>();

  /** True while the storage is not asked about every label set. */
  get active(): boolean {
    return this.left > 0;
  }

  /** Whether an update of a label set without a handle is refused without asking. */
  skips(values: readonly LabelValue[]): boolean {
    if (this.left === 0) return false;
    this.left--;
    const key = keyOf(values);
    if (key === null) return true;
    const refused = this.seen.get(key);
    if (refused === false) return false;
    this.remember(key, refused === true);
    return true;
  }

  /** The storage refused a label set for want of room, so it would refuse others, too. */
  refused(values: readonly LabelValue[]): void {
    this.left = ASK_AGAIN;
    const key = keyOf(values);
    if (key !== null) this.remember(key, true);
  }

  /** From now on the storage is asked about every label set. */
  forget(): void {
    this.left = 0;
    this.seen.clear();
  }

  private remember(key: string, refused: boolean): void {
    this.seen.delete(key);
    this.seen.set(key, refused);
    if (this.seen.size > REMEMBERED) {
      for (const oldest of this.seen.keys()) {
        this.seen.delete(oldest);
        break;
      }
    }
  }
}

/** A text that differs for any two label sets; null if it is too long to be kept. */
function keyOf(values: readonly LabelValue[]): string | null {
  let length = 0;
  for (const value of values) length += value?.length ?? 0;
  return length > LONGEST ? null : JSON.stringify(values);
}
