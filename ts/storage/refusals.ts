/**
 * Remembers the latest label sets that a storage refused, so that 1e6 random label values neither fill memory nor cost
 * a native call each.
 *
 * While a storage refuses new series, it is asked only about a label set that is seen for the second time, and about
 * one in {@link ASK_AGAIN} others. Random label values are hardly ever seen twice. A label set that a program really
 * uses is seen again, and another process may have made its series already.
 */

import type { LabelValue } from '../labels';

/** Updates that are refused without asking before the storage is asked again. */
const ASK_AGAIN = 1024;

/** The maximum of label sets that are remembered. */
const REMEMBERED = 1024;

/** The length, in UTF-16 units, of the longest label set that is remembered. */
const LONGEST = 128;

export class Refusals {
  /** Updates that may still be refused without asking; 0 if the storage refuses nothing. */
  private left = 0;
  /**
   * The remembered label sets; the one that was seen last comes last. The key is the text of a label set. The value is
   * true if the storage was asked and refused the label set, and false if the storage was not asked.
   */
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

  /** Notes that the storage refused a label set for want of room, so that it would refuse others, too. */
  refused(values: readonly LabelValue[]): void {
    this.left = ASK_AGAIN;
    const key = keyOf(values);
    if (key !== null) this.remember(key, true);
  }

  /** Forgets all refusals: from now on the storage is asked about every label set. */
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
