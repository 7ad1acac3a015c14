/** The children that `labels()` returns again for the same labels. */

import { labelText } from '../labels';
import type { Handle } from '../storage';
import * as hidden from './hidden';
import type { Metric } from './metric';

// A constant of this file, because an imported one would be read from the other module's exports at each call.
const ROSTER: typeof hidden.ROSTER = hidden.ROSTER;

/**
 * By child, the text of the labels that the program chose for it, if the metric adds or replaces label values.
 * Different labels may then lead to one series. They need different children, because a child's `labels()` and
 * `remove()` use the labels that the program chose, not those of the series.
 */
const chosen = new WeakMap<object, string>();

/** Returns the child that an earlier call of `labels()` with these labels made for a series, if it can be used again. */
export function keptChild(metric: Metric, h: Handle, labels: object): unknown {
  if (h.child === null || !h.live || h.retyped) return null;
  if (!metric[ROSTER].adapts) return h.child;
  return chosen.get(h.child as object) === labelText(labels).text ? h.child : null;
}

/**
 * Keeps a child for later calls, unless the series has one for other labels.
 *
 * @returns false if it is not kept
 */
export function keepChild(metric: Metric, h: Handle, labels: object, child: object): boolean {
  if (metric[ROSTER].adapts) {
    if (h.child !== null && h.live) return false;
    chosen.set(child, labelText(labels).text);
  }
  h.child = child;
  return true;
}
