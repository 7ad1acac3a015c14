/**
 * Counts dropped updates, observations that no quantile shows, and observations that count in the nearest bucket
 * because their series may have no further octave. Adds these counts to the heap's later.
 */

import { REFUSALS, type NativeWriter, type Refusal } from '../../native';
import { unref } from '../../timers';

/** Milliseconds until the counts are added to the heap's, if there is no scrape before. */
const DELAY = 1_000;
/** The number of calls of `dropped`, `unranked` and `clamped` after which the counts are added at once. */
const MOST = 1_000;

export class Tally {
  /** Updates that were dropped since the counts were last added to the heap's, by {@link Refusal}. */
  private readonly drops = REFUSALS.map(() => 0);
  /** Observations since then that no quantile shows. */
  private unseen = 0;
  /** Observations since then that count in the nearest bucket. */
  private moved = 0;
  private count = 0;
  /** Whether the counts are to be added after {@link DELAY}. */
  private delayed = false;
  private readonly reach: (tell: (writer: NativeWriter) => void) => boolean;

  /** @param reach calls its argument with the writer; returns false if there is no writer */
  constructor(reach: (tell: (writer: NativeWriter) => void) => boolean) {
    this.reach = reach;
  }

  /**
   * Counts a dropped update. The counts are added to the heap's a second after this call, or earlier: before a scrape
   * of this isolate, at exit, and when there are many.
   */
  dropped(refusal: Refusal): void {
    this.drops[refusal]!++;
    this.later();
  }

  /** Counts observations that no quantile shows, in the same way. */
  unranked(observations: number): void {
    this.unseen += observations;
    this.later();
  }

  /** Counts observations that count in the nearest bucket, in the same way. */
  clamped(observations: number): void {
    this.moved += observations;
    this.later();
  }

  private later(): void {
    if (this.count++ === 0) process.on('exit', this.tell);
    this.delay();
    if (this.count >= MOST) this.tell();
  }

  private delay(): void {
    if (this.delayed) return;
    this.delayed = true;
    const over = (): void => {
      this.delayed = false;
      this.tell();
    };
    unref(setTimeout(over, DELAY));
  }

  /** Adds the counts to the heap's now. */
  readonly tell = (): void => {
    if (this.count === 0) return;
    const told = this.reach((writer) => {
      this.count = 0;
      process.removeListener('exit', this.tell);
      for (const [refusal, count] of this.drops.entries()) {
        if (count > 0) writer.countDropped(refusal, count);
        this.drops[refusal] = 0;
      }
      if (this.unseen > 0) writer.countUnranked(this.unseen);
      this.unseen = 0;
      if (this.moved > 0) writer.countClamped(this.moved);
      this.moved = 0;
    });
    if (!told) this.delay();
  };
}
