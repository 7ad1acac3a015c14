/**
 * One observation of a summary. It makes its stores in the order that all blocks with sequence words need: see
 * `kinds.ts`.
 */

import type { LabelText } from '../../labels';
import * as halves from './double-halves';
import { bucketsOfOctave, type BucketSource } from './octave-buckets';
import { guardedPath } from './guarded';
import { NativePath } from './native-path';
import { begins, bucketOf, CELLS, nextHigh, nextLow } from './octave';
import { Backing, type Handle } from './handle';
import { begin, Cell, SubWindow, subWindowOf, type Window } from './summary-layout';
import type { Update } from './update';

/** The members of a metric's roster that an observation needs. */
interface Observed {
  /** The storage of the metric's series, which changes when they move to another storage. */
  readonly family: { readonly bucketSource: BucketSource };
  /** Makes an update for which a handle has to be bound first. */
  updateText(h: Handle, label: LabelText, update: Update, value: number): Handle;
}

// Constants of this file, because an imported one would be read from the other module's exports at each observation.
const { double, lower, upper } = halves;
const starts = begins;
const high20 = nextHigh;
const low32 = nextLow;
const octaveCells = CELLS;
const COUNT: number = Cell.Count;
const SUM: number = Cell.Sum;
const SUB_WINDOWS: number = Cell.SubWindows;
const SUB_WINDOW_CELLS: number = SubWindow.Cells;
const NUMBER: number = SubWindow.Number;
const ZEROS: number = SubWindow.Zeros;
const MIN: number = SubWindow.Min;
const MAX: number = SubWindow.Max;
/** Cells of the only sub-window of a summary without a window. */
const ONLY_MIN = SUB_WINDOWS + MIN;
const ONLY_MAX = SUB_WINDOWS + MAX;

/** The last cell of a summary with one sub-window. */
const LAST = SUB_WINDOWS + SUB_WINDOW_CELLS;

/**
 * Counts a value.
 *
 * @param h a handle that is live
 * @param value finite
 * @param window the summary's window; null if it has none
 */
export function record(h: Handle, value: number, metric: Observed, window: Window | null): void {
  if (window !== null) {
    seldom(h, value, 1, metric, window);
    return;
  }
  // Finds the bucket as `bucketOf` does, but without a call and without an unpredictable branch.
  double[0] = value;
  const low = lower[0]!;
  const high = (upper[0]! - (low === 0 ? 1 : 0)) | 0;
  const field = (high >>> 20) & 0x7ff;
  const { sketch, cells, first } = h;
  const table = high < 0 ? sketch.negative : sketch.positive;
  const buckets = table[field & (table.length - 1)]!;
  if (buckets.key !== field) {
    // The value is zero or denormal, or in an octave whose buckets the handle has not found yet.
    seldom(h, value, 1, metric, null);
    return;
  }
  const mantissa = high & 0xf_ffff;
  const slice = mantissa >> 14;
  const next = high20[slice]!;
  let cell = starts[slice]! + ((next - mantissa) >>> 31);
  if (mantissa === next && (low - 1) >>> 0 >= low32[slice]!) cell++;
  const sequence = cells[first]! + 1;
  cells[first + LAST] = sequence;
  cells[first + COUNT]! += 1;
  cells[first + SUM]! += value;
  if (value < cells[first + ONLY_MIN]!) cells[first + ONLY_MIN] = value;
  if (value > cells[first + ONLY_MAX]!) cells[first + ONLY_MAX] = value;
  buckets.cells[buckets.first + cell]! += 1;
  cells[first] = sequence;
}

/**
 * {@link record} for any path, value and sub-window, also for an octave without buckets.
 *
 * @param times how many times the value was observed
 * @returns false if the cells do not belong to the series any more: the handle has to be bound again
 */
export function observeSlowly(
  h: Handle,
  value: number,
  times: number,
  metric: Observed,
  window: Window | null,
): boolean {
  // The counts of a refused series are never read.
  if (h.backing === Backing.Sink) return true;
  if (h.path instanceof NativePath) return h.path.summarise(h, value, times, window);
  if (!h.current) return false;
  if (h.path?.forward?.(value, times) === false) return true;
  seldom(h, value, times, metric, window);
  return true;
}

function seldom(
  h: Handle,
  value: number,
  times: number,
  metric: Observed,
  window: Window | null,
): void {
  let buckets = null;
  let cell = 0;
  let zero = value === 0;
  if (!zero) {
    const bucket = bucketOf(value);
    const octave = Math.floor(bucket / octaveCells);
    cell = bucket % octaveCells;
    const { family } = metric;
    buckets = bucketsOfOctave(h, octave, family.bucketSource);
    if (!h.live || metric.family !== family) {
      // While the buckets were made, the series was removed, the slot was lost or the heap was left. The handle either
      // has to be bound again, or has got another block and perhaps another path.
      const label = { text: h.text, types: h.types };
      const again: Update = (one, v) => observeSlowly(one, v, times, metric, window);
      metric.updateText(h, label, again, value);
      return;
    }
    if (buckets === null) {
      if (h.sketch.full) {
        const nearest = h.sketch.nearest(octave);
        if (nearest !== null) ({ buckets, cell } = nearest);
        else zero = true;
        metric.family.bucketSource.clamped(times);
      } else metric.family.bucketSource.unranked(times);
    }
  }
  // `Date.now` is not saved when this module is loaded, because tests replace it.
  const number = window === null ? 0 : Math.floor(Date.now() / window.length);
  const index = window === null ? 0 : subWindowOf(number, window.subWindows);
  const { cells, first } = h;
  const p = first + SUB_WINDOWS + SUB_WINDOW_CELLS * index;
  const path = guardedPath(h);
  const sequence = path.begin(h);
  cells[first + COUNT]! += times;
  cells[first + SUM]! += value * times;
  if (cells[p + NUMBER] !== number) begin(h, index, number);
  if (value < cells[p + MIN]!) cells[p + MIN] = value;
  if (value > cells[p + MAX]!) cells[p + MAX] = value;
  if (zero) cells[p + ZEROS]! += times;
  else if (buckets !== null) buckets.cells[buckets.first + octaveCells * index + cell]! += times;
  path.end(h, sequence);
}
