/**
 * Memory storage: the same cells in ordinary ArrayBuffers, for one process. Handles are of the same
 * shape as the heap's, so that one update path serves both.
 */

import { parseLabelText, type LabelText } from '../labels';
import { Refusal, REFUSALS } from '../native';
import { Exemplars, type Exemplar } from './exemplars';
import { NOTHING_ASKED, type Asked, type Family, type FamilyData, type Shape } from './family';
import { concernsAll, memoryLimits, warnOfRefusal } from './limits';
import type { Path } from './path';
import { CELLS } from './octave';
import { Place, type Series } from './series';
import { Chunk } from './sketch';
import { writerLabels } from './writer-labels';

const FIRST_SLAB = 64;
const LARGEST_SLAB = 16_384;

/** A free block: its slab and first cell. */
interface Block {
  f: Float64Array;
  i: number;
}

/** A free generation word. */
interface Word {
  g: Uint32Array;
  w: number;
}

/** Cells and generation words of all memory-storage metrics. */
class Arena {
  private slab = new Float64Array(FIRST_SLAB);
  private used = 0;
  private chunk = new Uint32Array(FIRST_SLAB);
  private words = 0;
  private readonly blocks = new Map<number, Block[]>();
  private readonly freeWords: Word[] = [];

  /** Points the handle to zeroed cells of its own. */
  allocate(h: Series, cells: number, path: Path | null): void {
    const { f, i } = this.blocks.get(cells)?.pop() ?? this.newBlock(cells);
    const { g, w } = this.freeWords.pop() ?? this.newWord();
    h.f = f;
    h.i = i;
    h.g = g;
    h.w = w;
    h.size = cells;
    h.generation = g[w]!;
    h.path = path;
    h.place = Place.Memory;
    h.show();
  }

  /** Takes the cells back: handles that still point there find another generation. */
  free(h: Series, cells: number): void {
    h.f.fill(0, h.i, h.i + cells);
    h.g[h.w] = h.generation === 0xffff_ffff ? 1 : h.generation + 1;
    const same = this.blocks.get(cells);
    if (same === undefined) this.blocks.set(cells, [{ f: h.f, i: h.i }]);
    else same.push({ f: h.f, i: h.i });
    this.freeWords.push({ g: h.g, w: h.w });
  }

  private newBlock(cells: number): Block {
    if (this.used + cells > this.slab.length) {
      const size = Math.min(this.slab.length * 2, LARGEST_SLAB);
      this.slab = new Float64Array(Math.max(size, cells));
      this.used = 0;
    }
    const i = this.used;
    this.used += cells;
    return { f: this.slab, i };
  }

  private newWord(): Word {
    if (this.words === this.chunk.length) {
      this.chunk = new Uint32Array(Math.min(this.chunk.length * 2, LARGEST_SLAB));
      this.words = 0;
    }
    const w = this.words++;
    this.chunk[w] = 1;
    return { g: this.chunk, w };
  }
}

const arena = new Arena();

/** Buckets in memory of their own. */
export function ownChunk(octave: number, { kind, bounds }: Shape): Chunk {
  return new Chunk(octave, new Float64Array(CELLS * kind.parts(bounds)), 0);
}

/** What this isolate keeps in memory storage, and what it refused. */
export const memoryFigures = {
  /** Series of all metrics. */
  series: 0,
  /** Updates of series that were refused, by {@link Refusal}. */
  dropped: REFUSALS.map(() => 0),
  /** Observations of summaries that are in the nearest bucket, for want of octaves. */
  clampedObservations: 0,
};

/** The series of one metric in memory storage. */
export class MemoryFamily implements Family {
  readonly shared = false;
  readonly shape: Shape;
  private readonly cells: number;
  /** By birth: prom-client prints series in first-seen order. */
  private readonly born = new Set<Series>();
  private readonly exemplars = new Exemplars();
  private refusal: Refusal = Refusal.Series;

  constructor(shape: Shape) {
    this.shape = shape;
    this.cells = shape.kind.cells(shape.bounds);
  }

  bind(h: Series, label: LabelText): boolean {
    const limits = memoryLimits();
    if (memoryFigures.series >= limits.series) return this.refuse(Refusal.Series);
    if (this.born.size >= limits.familySeries) return this.refuse(Refusal.FamilySeries);
    h.text = label.text;
    h.types = label.types;
    const { kind } = this.shape;
    arena.allocate(h, this.cells, kind.path);
    h.f.set(kind.blank(this.cells), h.i);
    this.born.add(h);
    memoryFigures.series++;
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

  remove(_: unknown, h: Series | undefined): void {
    if (h !== undefined) this.release(h);
  }

  removeAll(): void {
    // Nobody else sees them.
  }

  expire(_: unknown, h: Series | undefined): boolean {
    if (h !== undefined) this.release(h);
    return true;
  }

  rescue(): void {
    // Nobody but this isolate removes anything here.
  }

  cut(): void {
    // What is read is read at once.
  }

  reset(h: Series, hide: boolean): void {
    const { kind } = this.shape;
    if (hide) this.release(h);
    else if (h.live) {
      h.write(kind, kind.blank(this.cells), this);
      this.exemplars.take(h);
    }
  }

  exemplify(h: Series, exemplar: Exemplar): void {
    if (this.born.has(h)) this.exemplars.record(h, exemplar);
  }

  /** The exemplars of a series that moves away. */
  takeExemplars(h: Series): Exemplar[] {
    return this.exemplars.take(h);
  }

  release(h: Series): void {
    if (!this.born.delete(h)) return;
    this.exemplars.take(h);
    memoryFigures.series--;
    arena.free(h, this.cells);
    h.detach();
  }

  stale(h: Series): boolean {
    return !h.live;
  }

  close(): void {
    for (const h of [...this.born]) this.release(h);
  }

  chunk(h: Series, octave: number): Chunk | null {
    return h.place === Place.Sink ? null : ownChunk(octave, this.shape);
  }

  unranked(): void {
    // There is memory, or the process dies.
  }

  clamped(observations: number): void {
    memoryFigures.clampedObservations += observations;
  }

  dropped(): void {
    memoryFigures.dropped[this.refusal]!++;
  }

  collects(): void {
    // No other process reads it.
  }

  ready(): undefined {
    return undefined;
  }

  ask(): Asked {
    return NOTHING_ASKED;
  }

  private refuse(refusal: Refusal): false {
    this.refusal = refusal;
    this.dropped();
    warnOfRefusal(refusal, "this process's memory storage", this.shape.name);
    return false;
  }

  read(): FamilyData {
    const { name, help, kind, aggregator, exemplars } = this.shape;
    for (const h of [...this.born]) {
      if (kind.expired(h.read(kind), this.shape, this.cells)) this.release(h);
    }
    const bounds = kind.shown(this.shape.bounds);
    const series = Array.from(this.born, (h) => {
      const own = { labels: parseLabelText(h.text), types: h.types };
      const named = aggregator === 'all' && kind.type === 'gauge' ? writerLabels(own) : own;
      const values = kind.values(h.read(kind), this.shape, this.cells);
      return { ...named, defaults: null, values, exemplars: this.exemplars.read(h) };
    });
    return { name, help, type: kind.type, aggregator, bounds, exemplars, series };
  }
}
