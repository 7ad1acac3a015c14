/** The native writer: what one isolate has in a heap. */

/** What identifies a family, and how its blocks are laid out. */
export interface FamilySpec {
  tag: string;
  name: string;
  help: string;
  kind: number;
  aggregator: string;
  labelNames: string[];
  /** Upper bounds of a histogram in configured order, without the implied last one; a summary's options. */
  bounds: Float64Array;
}

/** A value of a shared gauge that was taken out of a segment. */
export interface Taken {
  /** The series' label text. */
  readonly labels: string;
  /** The types of its label values. */
  readonly types: string;
  readonly value: number;
  /** Whether it was ever set, rather than only added to. */
  readonly set: boolean;
}

/** What one isolate has in a heap. All calls are synchronous. */
export interface NativeWriter {
  readonly slot: number;
  readonly incarnation: number;
  /**
   * Declares a family on this writer, so that it is shown. `group` is the number of the registry in
   * this isolate, for default labels. Returns the family's number, or minus a {@link Status}.
   */
  family(spec: FamilySpec, group: number): number;
  /** Withdraws this life's declaration of a family. Its series are released one by one. */
  withdraw(family: number): void;
  /**
   * Finds or makes the series and this writer's block of it.
   *
   * @param labels `a="1",b="x\"y"`: label text as in text format 0.0.4, in the order of the first call, without braces
   * @param types '' if every value was a string, else one letter per label: s n b i z u o (see `collect/snapshot.rs`)
   * @param out eight words that are filled, see {@link Out}
   */
  bind(family: number, labels: string, types: string, out: Uint32Array): void;
  /**
   * {@link bind} for several series under one lock, which is not kept for long.
   *
   * @param texts label text and types of each in turn
   * @param out eight words for each
   * @returns how many of the first ones were tried; the others have to be asked for again
   */
  bindEach(family: number, texts: string[], out: Uint32Array): number;
  /**
   * Finds or makes the buckets that a summary's block has for an octave.
   *
   * @param out three words that are filled: a {@link Status}, the slab's number, the index of the first cell
   */
  buckets(
    slab: number,
    cell: number,
    series: number,
    generation: number,
    octave: number,
    out: Uint32Array,
  ): void;
  /**
   * The same for several blocks, under one lock.
   *
   * @param asked five words of each: slab, cell, series, generation, octave
   * @param out three words for each, as for {@link buckets}
   * @returns how many of the first ones were tried; the others have to be asked for again
   */
  bucketsEach(asked: Uint32Array, out: Uint32Array): number;
  /** The buckets that a summary's block has: octave, slab and first cell of each. */
  allBuckets(slab: number, cell: number, series: number, generation: number): Uint32Array;
  /** Notes observations that no quantile shows, for want of memory. */
  countUnranked(observations: number): void;
  /** Notes observations that count in the nearest bucket, for want of octaves. */
  countClamped(observations: number): void;
  /** Shows a block again that was marked absent, as if its series were new. A {@link Status}. */
  revive(slab: number, cell: number, series: number, generation: number): number;
  /**
   * Records an exemplar for a block; one that is not recorded is counted.
   *
   * @param numbers slab, cell, series, generation, place (0 or the number of a bucket), value, Unix time in seconds,
   *   and 1 if room may be made for it, which may free blocks of removed series
   * @param labels label text and types, as for {@link bind}
   * @returns a {@link Status}; Full, and nothing is done or counted, if room is needed and may not be made
   */
  exemplar(numbers: Float64Array, labels: string, types: string): number;
  /** Hides the exemplars of a block. A {@link Status}. */
  clearExemplars(slab: number, cell: number, series: number, generation: number): number;
  /** Frees the block, and with it this writer's part of the series. A {@link Status}. */
  release(slab: number, cell: number, series: number, generation: number): number;
  /** Removes the series for all writers. A {@link Status}. */
  remove(family: number, labels: string, types: string): number;
  /** Removes all series that a scrape shows with this family, for all writers. A {@link Status}. */
  removeAll(family: number): number;
  /**
   * Removes series of this family for all writers because none updates them, under one lock.
   *
   * @param texts label text and types of each, in turn
   * @returns how many of the first ones were removed, or minus a {@link Status}
   */
  expire(family: number, texts: string[]): number;
  /** Whether {@link expire} ended this generation of a series, and not {@link remove}. Throws. */
  expired(series: number, generation: number): boolean;
  /** Counts updates that this isolate dropped without asking; the reason is a {@link Refusal}. */
  countDropped(refusal: number, updates: number): void;
  /** Renames all series that this life of the writer made, or will make, in the group. A {@link Status}. */
  defaultLabels(group: number, labels: string, types: string): number;
  /**
   * The calls from here to {@link holds} name a block by what `bind` filled in. They are for cells that JavaScript
   * cannot store to itself, and do not change a block that belongs to another series by now.
   *
   * Adds to a counter or gauge. `time` is that of the update, in milliseconds. A {@link Status}.
   */
  add(
    slab: number,
    cell: number,
    series: number,
    generation: number,
    by: number,
    time: number,
  ): number;
  /** Replaces a gauge's value. A {@link Status}. */
  set(
    slab: number,
    cell: number,
    series: number,
    generation: number,
    value: number,
    time: number,
  ): number;
  /** Counts a value in a bucket and in the sum, so many times at once. A {@link Status}. */
  observe(
    slab: number,
    cell: number,
    series: number,
    generation: number,
    value: number,
    times: number,
    bucket: number,
  ): number;
  /** {@link observe} of a summary: its window, {@link parts} 1 and {@link length} 0 for none, and the time in milliseconds. */
  summarise(
    slab: number,
    cell: number,
    series: number,
    generation: number,
    value: number,
    times: number,
    length: number,
    parts: number,
    now: number,
  ): number;
  /**
   * Takes the values of a family of shared gauges out of a segment that was left for one that is no copy of it. Only
   * the first writer gets each value.
   */
  takeShared(family: number): Taken[];
  /**
   * A copy of all cells, also of a writer that lost its slot; empty if the block does not belong to the series any
   * more.
   */
  read(slab: number, cell: number, series: number, generation: number): Float64Array;
  /** Replaces all cells but the sequence words, as one update. A {@link Status}. */
  write(
    slab: number,
    cell: number,
    series: number,
    generation: number,
    values: Float64Array,
  ): number;
  /** Marks a block as not shown until it is revived. A {@link Status}. */
  hide(slab: number, cell: number, series: number, generation: number): number;
  /** Whether a block still belongs to its series, also of a writer that lost its slot. */
  holds(slab: number, cell: number, series: number, generation: number): boolean;
  /** The memory of a slab; cells are 8-byte words in it. User code must never see it. */
  slab(n: number): ArrayBuffer;
  /** The memory of a generation chunk, 4-byte words. User code must never see it. */
  generations(n: number): ArrayBuffer;
}
