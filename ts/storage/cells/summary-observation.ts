/**
 * One observation of a summary. The order of the stores is that of all blocks with sequence words: see
 * `kinds.ts`.
 */

import type { LabelText } from '../../labels';
import { chunkOf, type Buckets } from './buckets';
import { guardedPath } from './guarded';
import { NativePath } from './native-path';
import { begins, bucketOf, CELLS, nextHigh, nextLow } from './octave';
import { Place, type Series } from './series';
import { begin, Cell, Part, partOf, type Window } from './summary-layout';
import type { Update } from './update';

/** What an observation needs of its metric. */
interface Observed {
  /** The storage of its series; another one once they have moved. */
  readonly family: { readonly buckets: Buckets };
  /** Makes an update for which a handle has to be bound first. */
  updateText(h: Series, label: LabelText, update: Update, value: number): Series;
}

// Constants of this file, because an imported one would be read from the other module's exports at each observation.
const first = begins;
const high20 = nextHigh;
const low32 = nextLow;
const octaveCells = CELLS;
const COUNT: number = Cell.Count;
const SUM: number = Cell.Sum;
const PARTS: number = Cell.Parts;
const PART: number = Part.Cells;
const EPOCH: number = Part.Epoch;
const ZEROS: number = Part.Zeros;
const MIN: number = Part.Min;
const MAX: number = Part.Max;
/** Of the only part, without a window. */
const ONLY_MIN = PARTS + MIN;
const ONLY_MAX = PARTS + MAX;
const double = new Float64Array(1);
const half = new Int32Array(double.buffer);

/** The last cell of a summary that has one part. */
const LAST = PARTS + PART;

/**
 * Counts a value.
 *
 * @param h a handle that is live
 * @param value finite
 * @param window that of the summary; null for none
 */
export function record(h: Series, value: number, metric: Observed, window: Window | null): void {
  if (window !== null) {
    seldom(h, value, 1, metric, window);
    return;
  }
  // As `bucketOf`, without a call and without an unpredictable branch.
  double[0] = value;
  const low = half[0]!;
  const high = (half[1]! - (low === 0 ? 1 : 0)) | 0;
  const field = (high >>> 20) & 0x7ff;
  const { s, f, i } = h;
  const table = high < 0 ? s.negative : s.positive;
  const chunk = table[field & (table.length - 1)]!;
  if (chunk.key !== field) {
    // Zero, denormal, or in an octave that the handle does not know.
    seldom(h, value, 1, metric, null);
    return;
  }
  const mantissa = high & 0xf_ffff;
  const slice = mantissa >> 14;
  const next = high20[slice]!;
  let cell = first[slice]! + ((next - mantissa) >>> 31);
  if (mantissa === next && (low - 1) >>> 0 >= low32[slice]!) cell++;
  const sequence = f[i]! + 1;
  f[i + LAST] = sequence;
  f[i + COUNT]! += 1;
  f[i + SUM]! += value;
  if (value < f[i + ONLY_MIN]!) f[i + ONLY_MIN] = value;
  if (value > f[i + ONLY_MAX]!) f[i + ONLY_MAX] = value;
  chunk.f[chunk.i + cell]! += 1;
  f[i] = sequence;
}

/**
 * {@link record} for any path, value and part, also for an octave without buckets.
 *
 * @param times how often it was observed
 * @returns false if the cells do not belong to the series any more: the handle has to be bound again
 */
export function observeSlowly(
  h: Series,
  value: number,
  times: number,
  metric: Observed,
  window: Window | null,
): boolean {
  // The counts of a refused series are never read.
  if (h.place === Place.Sink) return true;
  if (h.path instanceof NativePath) return h.path.summarise(h, value, times, window);
  if (!h.current) return false;
  seldom(h, value, times, metric, window);
  return true;
}

function seldom(
  h: Series,
  value: number,
  times: number,
  metric: Observed,
  window: Window | null,
): void {
  let chunk = null;
  let cell = 0;
  let zero = value === 0;
  if (!zero) {
    const bucket = bucketOf(value);
    const octave = Math.floor(bucket / octaveCells);
    cell = bucket % octaveCells;
    const { family } = metric;
    chunk = chunkOf(h, octave, family.buckets);
    if (!h.live || metric.family !== family) {
      // The heap was left, or the slot lost, meanwhile: the handle has another block, and may have another path.
      const label = { text: h.text, types: h.types };
      const again: Update = (one, v) => observeSlowly(one, v, times, metric, window);
      metric.updateText(h, label, again, value);
      return;
    }
    if (chunk === null) {
      if (h.s.full) {
        const nearest = h.s.nearest(octave);
        if (nearest !== null) ({ chunk, cell } = nearest);
        else zero = true;
        metric.family.buckets.clamped(times);
      } else metric.family.buckets.unranked(times);
    }
  }
  // The clock is read at every call, because tests replace it.
  const epoch = window === null ? 0 : Math.floor(Date.now() / window.length);
  const part = window === null ? 0 : partOf(epoch, window.parts);
  const { f, i } = h;
  const p = i + PARTS + PART * part;
  const path = guardedPath(h);
  const sequence = path.begin(h);
  f[i + COUNT]! += times;
  f[i + SUM]! += value * times;
  if (f[p + EPOCH] !== epoch) begin(h, part, epoch);
  if (value < f[p + MIN]!) f[p + MIN] = value;
  if (value > f[p + MAX]!) f[p + MAX] = value;
  if (zero) f[p + ZEROS]! += times;
  else if (chunk !== null) chunk.f[chunk.i + octaveCells * part + cell]! += times;
  path.end(h, sequence);
}
