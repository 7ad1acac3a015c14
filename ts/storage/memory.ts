/**
 * Memory storage: the series of one isolate, with cells in ordinary ArrayBuffers. Handles to these cells have the same
 * shape as handles to cells of the heap, so that the same code updates both.
 */

import { asText, parseLabelText, type LabelText } from '../labels';
import { Refusal, REFUSALS } from '../native';
import { Arena } from './arena';
import { ownBuckets, type BucketSource } from './cells/octave-buckets';
import { readImage, writeImage } from './cells/image';
import type { Shape } from './cells/kind';
import { Backing, type Handle } from './cells/handle';
import type { OctaveBuckets } from './cells/sketch';
import type { Exemplar, FamilyData, LabelData } from './data';
import { Exemplars } from './exemplars';
import type { Family } from './family';
import { concernsAll, memoryLimits, warnOfRefusal } from './limits';
import { writerLabels } from './writer-labels';

const arena = new Arena();

/** Figures of this isolate's memory storage. */
export const memoryFigures = {
  /** Series of all metrics. */
  series: 0,
  /** Updates that were dropped, by the {@link Refusal} of their series. */
  dropped: REFUSALS.map(() => 0),
  /** Observations of summaries that no quantile shows, for want of memory. */
  unrankedObservations: 0,
  /** Observations of summaries that went to the nearest bucket, because the series had the maximum of octaves. */
  clampedObservations: 0,
};

/** How many series the metrics of each name have in this isolate's memory storage, without names that have none. */
export const memorySeries = new Map<string, number>();

/** How many series a metric has. */
interface Count {
  readonly name: string;
  series: number;
}

/**
 * Ends the count of a metric that was garbage collected, such as one that the program made for a single scrape. A count
 * must not refer to a handle: the handle may refer to its metric, which would then never be collected.
 */
const ended = new FinalizationRegistry<Count>((count) => {
  add(count, -count.series);
});

function add(count: Count, by: number): void {
  memoryFigures.series += by;
  count.series += by;
  const { name } = count;
  const series = (memorySeries.get(name) ?? 0) + by;
  if (series > 0) memorySeries.set(name, series);
  else memorySeries.delete(name);
}

/** The buckets of one metric's series. */
class MemoryBucketSource implements BucketSource {
  private readonly subWindows: number;

  constructor({ kind, numbers }: Shape) {
    this.subWindows = kind.subWindows(numbers);
  }

  make(h: Handle, octave: number): OctaveBuckets | null {
    return h.backing === Backing.Sink ? null : ownBuckets(octave, this.subWindows);
  }

  unranked(observations: number): void {
    memoryFigures.unrankedObservations += observations;
  }

  clamped(observations: number): void {
    memoryFigures.clampedObservations += observations;
  }
}

/** The series of one metric in memory storage. */
export class MemoryFamily implements Family {
  readonly bucketSource: MemoryBucketSource;
  readonly leaving = false;
  readonly others = null;
  readonly shape: Shape;
  /** The storage, as warnings name it. */
  protected readonly where: string = "this process's memory storage";
  private readonly cells: number;
  /** Handles that have cells, in the order of their births, in which prom-client prints series. */
  protected readonly born = new Set<Handle>();
  protected readonly exemplars = new Exemplars();
  /** Null as long as there was no series. */
  private count: Count | null = null;
  private refusal: Refusal = Refusal.Series;

  constructor(shape: Shape) {
    this.shape = shape;
    this.bucketSource = new MemoryBucketSource(shape);
    this.cells = shape.kind.cells(shape.numbers);
  }

  /** The handle keeps its cells: memory storage refuses no update of a series that it has. */
  hold(): boolean {
    return true;
  }

  bind(h: Handle, label: LabelText): boolean {
    const limits = memoryLimits();
    if (memoryFigures.series >= limits.series) return this.refuse(Refusal.Series);
    const most = Math.min(limits.familySeries, this.shape.maxSeries ?? Infinity);
    if (this.born.size >= most) return this.refuse(Refusal.FamilySeries);
    h.text = label.text;
    h.types = label.types;
    const { kind } = this.shape;
    arena.allocate(h, this.cells, kind.path);
    h.cells.set(kind.blank(this.cells), h.first);
    this.born.add(h);
    // Made at the first series: every metric begins in memory storage, and most move to the heap without a series.
    if (this.count === null) {
      this.count = { name: asText(this.shape.name), series: 0 };
      ended.register(this, this.count);
    }
    add(this.count, 1);
    return true;
  }

  get labelBytes(): number {
    return memoryLimits().labelBytes;
  }

  tooLong(): void {
    this.refuse(Refusal.LabelValue);
  }

  get full(): boolean {
    return concernsAll(this.refusal);
  }

  remove(_: unknown, h: Handle | undefined): void {
    if (h !== undefined) this.release(h);
  }

  expire(_: unknown, handles: readonly (Handle | undefined)[]): number {
    for (const h of handles) if (h !== undefined) this.release(h);
    return handles.length;
  }

  reset(h: Handle, hide: boolean): void {
    const { kind } = this.shape;
    if (hide) this.release(h);
    else if (h.live) {
      writeImage(h, kind, kind.blank(this.cells), this.bucketSource);
      this.exemplars.take(h);
    }
  }

  exemplify(h: Handle, exemplar: Exemplar): void {
    if (this.born.has(h)) this.exemplars.record(h, exemplar);
  }

  /** Removes and returns the exemplars of a series that moves to another storage. */
  takeExemplars(h: Handle): Exemplar[] {
    return this.exemplars.take(h);
  }

  release(h: Handle): void {
    if (!this.born.delete(h)) return;
    this.exemplars.take(h);
    add(this.count!, -1);
    arena.free(h, this.cells);
    h.detach();
  }

  stale(h: Handle): boolean {
    return !h.live;
  }

  close(): void {
    for (const h of [...this.born]) this.release(h);
  }

  dropped(): void {
    memoryFigures.dropped[this.refusal]!++;
  }

  /** @param refusal the reason; null for a series that the next update may make, of which the caller has warned */
  protected refuse(refusal: Refusal | null): false {
    this.refusal = refusal ?? Refusal.Layout;
    if (!this.shape.overflows) this.dropped();
    if (refusal !== null) warnOfRefusal(refusal, this.where, this.shape);
    return false;
  }

  /** No other process has series here, and the metric knows its own. */
  labelValues(): readonly string[] {
    return [];
  }

  /** Returns the labels with which a series is shown. */
  protected labelsOf({ text, types }: Handle): LabelData {
    const own = { labels: parseLabelText(text), types };
    return showsWriters(this.shape) ? writerLabels(own) : own;
  }

  read(): FamilyData | Promise<FamilyData> {
    const { name, help, kind, aggregator, exemplars, states } = this.shape;
    for (const h of [...this.born]) {
      if (kind.pruned(readImage(h, kind), this.shape, this.cells)) this.release(h);
    }
    const numbers = kind.shown(this.shape.numbers);
    const series = Array.from(this.born, (h) => {
      const values = kind.values(readImage(h, kind), this.shape, this.cells);
      return { ...this.labelsOf(h), defaults: null, values, exemplars: this.exemplars.read(h) };
    });
    const data = { name, help, type: kind.type, aggregator, numbers, exemplars, series };
    return kind.type === 'stateset' ? { ...data, states } : data;
  }
}

/** Whether each part of a series is shown by itself. */
function showsWriters({ aggregator, kind: { type } }: Shape): boolean {
  const each = aggregator === 'all' || aggregator === 'liveall';
  return each && (type === 'gauge' || type === 'stateset');
}
