/** The interface of the native writer, through which an isolate declares, binds, updates and removes series. */

/** A family's declaration, which identifies it and determines the cells of its blocks. */
export interface FamilySpec {
  tag: string;
  name: string;
  help: string;
  type: 'counter' | 'gauge' | 'histogram' | 'summary' | 'stateset' | 'info';
  aggregator: string;
  labelNames: string[];
  /**
   * Upper bounds of a histogram in configured order, without the implied last one; a summary's options; the mask that
   * a state set's cell of 0 stands for. A family that counts the dead has one number more, the last: how many ended
   * lives are shown. It has an effect only if each life is shown by itself.
   */
  numbers: Float64Array;
  /** The states of a state set, in the order of the bits of its mask. */
  states: string[];
}

/** The value of a shared gauge that {@link NativeWriter.takeShared} took out of a segment. */
export interface Taken {
  /** The series' label text. */
  readonly labels: string;
  /** The types of its label values. */
  readonly types: string;
  readonly value: number;
  /** Whether the gauge was ever set. False if it was only added to. */
  readonly set: boolean;
}

/** The writer of one isolate. All calls are synchronous. */
export interface NativeWriter {
  readonly slot: number;
  readonly incarnation: number;
  /** Notes that this isolate's event loop runs, for those who look at the segment. */
  showLife(): void;
  /**
   * Declares a family on this writer, so that scrapes show it. `group` is the number of the registry in this isolate,
   * whose default labels the family's series get. Returns the family's number, or minus a {@link Status}.
   */
  family(spec: FamilySpec, group: number): number;
  /**
   * Limits the series of a family: this writer makes no series while the family has `most` or more, those of all
   * writers included. `drops` says whether updates of refused series count as dropped. To be called after each
   * {@link family}.
   */
  limit(family: number, most: number, drops: boolean): void;
  /**
   * Returns the values that a label has in living series of a family. With `after`, which is the `latest` of an earlier
   * call, at least those of series that were made since. Throws an Error with a code.
   */
  labelValues(
    family: number,
    label: string,
    after?: bigint,
  ): { readonly values: string[]; readonly latest: bigint };
  /** Withdraws this life's declaration of a family. Does not release its series: the caller calls {@link release}. */
  withdraw(family: number): void;
  /**
   * Finds or makes the series and this writer's block of it.
   *
   * @param labels `a="1",b="x\"y"`: label text as in text format 0.0.4, in the caller's order, without braces
   * @param types '' if every value was a string, else one letter per label: s n b i z o (see `LabelText`)
   * @param out eight words that are filled, see {@link Out}
   */
  bind(family: number, labels: string, types: string, out: Uint32Array): void;
  /**
   * {@link bind} for several series. Takes the heap lock once and releases it after a fixed time at the latest, even if
   * some series have not been tried.
   *
   * @param texts label text and types of each in turn
   * @param out eight words for each
   * @returns how many series were tried, from the first on; call again for the others
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
   * {@link buckets} for several blocks, as {@link bindEach} does it for series.
   *
   * @param asked five words of each: slab, cell, series, generation, octave
   * @param out three words for each, as for {@link buckets}
   * @returns how many blocks were tried, from the first on; call again for the others
   */
  bucketsEach(asked: Uint32Array, out: Uint32Array): number;
  /** The buckets that a summary's block has: octave, slab and first cell of each. */
  allBuckets(slab: number, cell: number, series: number, generation: number): Uint32Array;
  /**
   * Counts observations that no quantile shows: there was no memory for their buckets, or the slot was lost while their
   * buckets were pending.
   */
  countUnranked(observations: number): void;
  /** Counts observations that went to the nearest bucket because the summary has as many octaves as it may have. */
  countClamped(observations: number): void;
  /** Shows a block again that was marked absent, as if its series were new. A {@link Status}. */
  revive(slab: number, cell: number, series: number, generation: number): number;
  /**
   * Records an exemplar for a block. An exemplar that cannot be recorded is counted as dropped.
   *
   * @param numbers slab, cell, series, generation, bucket (0 for a counter), value, Unix time in seconds, and 1 if the
   *   call may make room for the exemplar's block, else 0. To make room, the call may free blocks of removed series
   * @param labels label text and types, as for {@link bind}
   * @returns a {@link Status}; Full if room is needed and the call may not make it: then the exemplar is not counted
   *   as dropped
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
   * Removes series of this family for all writers, because no writer updates them. Takes the heap lock once.
   *
   * @param texts label text and types of each series, in turn
   * @returns how many series were handled, from the first on, also those that did not exist any more; or minus a
   *   {@link Status}
   */
  expire(family: number, texts: string[]): number;
  /** Whether {@link expire}, not {@link remove}, ended this generation of a series. Throws if that cannot be read. */
  expired(series: number, generation: number): boolean;
  /** Counts updates that this isolate dropped without a native call; the reason is a {@link Refusal}. */
  countDropped(refusal: number, updates: number): void;
  /** Sets the default labels of all series that this writer has bound, or will bind, in the group. A {@link Status}. */
  defaultLabels(group: number, labels: string, types: string): number;
  /**
   * Adds to a counter or gauge. `time` is the time of the update, in milliseconds. A {@link Status}.
   *
   * This method and those down to {@link holds}, except {@link takeShared}, identify a block by the numbers that `bind`
   * filled in. They are for cells to which JavaScript cannot store itself, and do not change a block that belongs to
   * another series by now.
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
  /** Counts a value in a bucket and in the sum, `times` times at once. A {@link Status}. */
  observe(
    slab: number,
    cell: number,
    series: number,
    generation: number,
    value: number,
    times: number,
    bucket: number,
  ): number;
  /**
   * {@link observe} for a summary.
   *
   * @param length of a sub-window, in milliseconds; 0 if the summary has no window
   * @param parts the number of sub-windows; 1 if the summary has no window
   * @param now time of the observation, in milliseconds
   */
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
   * Takes the values of a family of shared gauges out of this writer's segment, for a writer that goes on in a segment
   * that is no copy of it. Each value is taken once: by the first writer that calls this.
   */
  takeShared(family: number): Taken[];
  /**
   * Copies all cells, even if this writer has lost its slot. Empty if the block does not belong to the series any more.
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
  /** Marks a block as absent, so that no scrape shows it until {@link revive}. A {@link Status}. */
  hide(slab: number, cell: number, series: number, generation: number): number;
  /** Whether a block still belongs to its series, even if this writer has lost its slot. */
  holds(slab: number, cell: number, series: number, generation: number): boolean;
  /** The memory of a slab; cells are 8-byte words in it. User code must never see it. */
  slab(n: number): ArrayBuffer;
  /** The memory of a generation chunk, 4-byte words. User code must never see it. */
  generations(n: number): ArrayBuffer;
}
