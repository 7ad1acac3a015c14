/**
 * The native module's shape, as TypeScript sees it. `binding.ts` loads it; nothing else imports it
 * but for these types. The generated `index.d.ts` of napi-rs is checked against this file by a
 * type test.
 */

/**
 * A Buffer, where Node.js's types are part of the program. Declarations name none of those: TypeScript 6 takes them up
 * for who asks for them only, and prom-client's need none.
 */
export type Bytes = typeof globalThis extends {
  Buffer: { isBuffer(one: unknown): one is infer B };
}
  ? B
  : Uint8Array;

/** Numbers of the heap's layout that JavaScript needs; defined once, in Rust. */
export interface Layout {
  readonly version: number;
  /** 32-bit words between the word that holds a block's flags and its first cell, counted back from `2 * cell`. */
  readonly flagsBack: number;
  /** The bit, in that 32-bit word, that says "this series is not shown". */
  readonly absent: number;
  /** Names of {@link Refusal}, in its order. */
  readonly refusals: string[];
  /** Names of {@link Status}, in its order. */
  readonly statuses: string[];
  /** Names of {@link Out}, in its order. */
  readonly outs: string[];
  /** The bounds of an octave's buckets, as factors of its lower end, from 1 to 2. */
  readonly octaveBounds: number[];
  /** Most octaves that a writer keeps of a summary's series. */
  readonly octavesKept: number;
  /** A {@link Stores}. */
  readonly stores: number;
}

/** Which stores of JavaScript do for cells. */
export const enum Stores {
  /** Plain ones. */
  Plain = 0,
  /** Plain ones for single cells; between two sequence words the first and the last must be atomic. */
  Ordered = 1,
  /** None. */
  Native = 2,
}

/** Family types in the binding. */
export const enum NativeKind {
  Counter = 0,
  Gauge = 1,
  Histogram = 2,
  Summary = 3,
}

/** What a family is called and how it is laid out. */
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

/** Why `bind` and its kin did or did not do it. */
export const enum Status {
  Ok = 0,
  /** The heap lock is held by another process: count in memory and try again later. */
  Busy = 1,
  /** No memory left for a new series. */
  Full = 2,
  /** A limit on the number of series is reached. */
  Limit = 3,
  /** The writer's slot was lost (or the segment retired): make a new writer. */
  Lost = 4,
  /** The heap's bytes contradict each other: leave it. */
  Corrupt = 5,
  /** `revive` only: the block is somebody else's now; bind again. */
  Gone = 6,
}

/** Every {@link Status} by its name: compared with the native module's. */
export const STATUSES: { readonly [K in keyof typeof Status]: (typeof Status)[K] } = {
  Ok: Status.Ok,
  Busy: Status.Busy,
  Full: Status.Full,
  Limit: Status.Limit,
  Lost: Status.Lost,
  Corrupt: Status.Corrupt,
  Gone: Status.Gone,
};

/** The native module's numbers as what they mean. */
export function statusOf(number: number): Status {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- those above, compared when it is loaded
  return number;
}

/** Why a series was refused. */
export const enum Refusal {
  /** No memory, or the segment has its size. */
  Memory = 0,
  /** As many series as the segment may have. */
  Series = 1,
  /** As many series as one family may have. */
  FamilySeries = 2,
  /** A label's value is too long. */
  LabelValue = 3,
  /** As much label text as the segment may have. */
  Text = 4,
  /** A size that the layout sets. */
  Layout = 5,
  /** As many new series wait for the heap's lock as may. */
  Busy = 6,
}

/** The native module's numbers as what they mean. */
export function refusalOf(number: number): Refusal {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- those above, compared when it is loaded
  return number;
}

/** The reasons by name, in the order of {@link Refusal}; the native module's are compared when it is loaded. */
export const REFUSALS = [
  'memory',
  'series',
  'metric_series',
  'label_value',
  'label_text',
  'layout',
  'busy',
] as const;

/** Limits that whoever makes a segment sets for all of its users. */
export interface HeapLimits {
  /** Most bytes of the segment. */
  bytes?: number;
  /** Most series in the segment. */
  series?: number;
  /** Most series in one family. */
  familySeries?: number;
  /** Most bytes of a label's value, as UTF-8 and not escaped. */
  labelBytes?: number;
  /** Most bytes of memory for label text. */
  textBytes?: number;
}

/** Indexes of the words that `bind` fills in its `out` argument. */
export const enum Out {
  Status = 0,
  /** Number of the slab: `writer.slab(n)`. */
  Slab = 1,
  /** In its place where the status is Full or Limit: the {@link Refusal}, counted already. */
  // eslint-disable-next-line @typescript-eslint/no-duplicate-enum-values -- which of them depends on the status
  Refusal = 1,
  /** Index of the first cell in the slab's Float64Array. */
  Cell = 2,
  /** Number of the generation chunk: `writer.generations(n)`. */
  Chunk = 3,
  /** Index of the series' word in the chunk's Uint32Array. */
  Word = 4,
  /** Generation of the series: the handle is good while the word equals it. */
  Generation = 5,
  /** Series number. */
  Series = 6,
  /** Bit 0: the block has counts of an earlier life of this slot (adopted). */
  Flags = 7,
}

/** Every {@link Out} by its name: compared with the native module's. */
export const OUTS: { readonly [K in Exclude<keyof typeof Out, 'Refusal'>]: (typeof Out)[K] } = {
  Status: Out.Status,
  Slab: Out.Slab,
  Cell: Out.Cell,
  Chunk: Out.Chunk,
  Word: Out.Word,
  Generation: Out.Generation,
  Series: Out.Series,
  Flags: Out.Flags,
};

/** One isolate's place in a heap. All calls are synchronous. */
export interface NativeWriter {
  readonly slot: number;
  readonly incarnation: number;
  /**
   * Declares a family on this writer, so that it is shown. `group` is the number of the registry in
   * this isolate, for default labels. Returns the family's number, or minus a {@link Status}.
   */
  family(spec: FamilySpec, group: number): number;
  /** Takes back this life's declaration of a family. Its series are released one by one. */
  withdraw(family: number): void;
  /**
   * Finds or makes the series and this writer's block of it.
   *
   * @param labels `a="1",b="x\"y"`: label text as in text format 0.0.4, in first-seen order, no braces
   * @param types '' if every value was a string, else one letter a label: s n b i z u o (see model.rs)
   * @param out eight words that are filled, see {@link Out}
   */
  bind(family: number, labels: string, types: string, out: Uint32Array): void;
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
  /** The buckets that a summary's block has: octave, slab and first cell of each. */
  allBuckets(slab: number, cell: number, series: number, generation: number): Uint32Array;
  /** Counts observations that no quantile shows, for want of memory. */
  countUnranked(observations: number): void;
  /** Counts observations that are in the nearest bucket, for want of octaves. */
  countClamped(observations: number): void;
  /** Shows a block again that was marked absent, as if its series was new. A {@link Status}. */
  revive(slab: number, cell: number, series: number, generation: number): number;
  /**
   * Records an exemplar for a block; one that is not recorded is counted.
   *
   * @param numbers slab, cell, series, generation, place (0 or the number of a bucket), value, Unix time in seconds,
   *   and 1 if room may be made for it, which may give blocks of removed series to others
   * @param labels label text and types, as for {@link bind}
   * @returns a {@link Status}; Full, and nothing done or counted, where room is needed and may not be made
   */
  exemplar(numbers: Float64Array, labels: string, types: string): number;
  /** The exemplars of a block are not shown any more. A {@link Status}. */
  clearExemplars(slab: number, cell: number, series: number, generation: number): number;
  /** Gives the block back: this writer's part of the series is gone. A {@link Status}. */
  release(slab: number, cell: number, series: number, generation: number): number;
  /** Removes the series for all writers. A {@link Status}. */
  remove(family: number, labels: string, types: string): number;
  /** Removes all series that a scrape shows with this family, for all writers. A {@link Status}. */
  removeAll(family: number): number;
  /**
   * Removes the series of this family for all writers because none updates it. A {@link Status}; `Busy` for not
   * now.
   */
  expire(family: number, labels: string, types: string): number;
  /** Whether that generation of a series was ended by {@link expire}, and not by {@link remove}. Throws. */
  expired(series: number, generation: number): boolean;
  /** Counts updates of series that were refused here without asking; the reason is a {@link Refusal}. */
  countDropped(refusal: number, updates: number): void;
  /** Renames all series that this life of the writer made, or will make, in the group. A {@link Status}. */
  defaultLabels(group: number, labels: string, types: string): number;
  /**
   * The calls from here to {@link holds} name a block by what `bind` filled in. They are for cells that JavaScript cannot
   * store to itself, and leave a block alone that is another series' by now.
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
  /** A copy of all cells, also of a writer that lost its slot; empty if the block is another's now. */
  read(slab: number, cell: number, series: number, generation: number): Float64Array;
  /** Replaces all cells but the sequence words, as one. A {@link Status}. */
  write(
    slab: number,
    cell: number,
    series: number,
    generation: number,
    values: Float64Array,
  ): number;
  /** Marks a block as not shown until it is revived. A {@link Status}. */
  hide(slab: number, cell: number, series: number, generation: number): number;
  /** Whether a block is still its series', also of a writer that lost its slot. */
  holds(slab: number, cell: number, series: number, generation: number): boolean;
  /** The memory of a slab; cells are 8-byte words in it. Never to be seen by user code. */
  slab(n: number): ArrayBuffer;
  /** The memory of a generation chunk, 4-byte words. Never to be seen by user code. */
  generations(n: number): ArrayBuffer;
}

/** Whose counts are meant: those of all processes, of the calling process with all its threads, or of the calling thread. */
export type Scope = 'application' | 'process' | 'thread';

/** What a scrape shows. */
export interface ScrapeOptions {
  format: 'text' | 'openmetrics' | 'json';
  scope: Scope;
  /** Registry tags of which every family is shown. */
  tags: string[];
  /** Single families, as `tag + '\0' + name`. */
  families: string[];
  /** Without default labels: series that differ in nothing else are one. */
  plain: boolean;
  /** Unix time in milliseconds, by which the windows of summaries expire. */
  now: number;
}

/** Figures of a heap. */
export interface HeapStats {
  path: string;
  memoryBacked: boolean;
  reservedBytes: number;
  usedBytes: number;
  /** Most bytes that it may have. */
  limitBytes: number;
  families: number;
  series: number;
  slots: number;
  living: number;
  adoptions: number;
  /** Updates of series that were refused, by {@link Refusal}. */
  dropped: number[];
  /** Exemplars that were not recorded: a lock was not to be had in time, or there was no room. */
  droppedExemplars: number;
  /** Observations of summaries that no quantile shows: there was no room for their buckets. */
  unrankedObservations: number;
  /** Observations of summaries that are in the nearest bucket, for want of octaves. */
  clampedObservations: number;
  /** Families, series and blocks that scrapes left out, because what the heap has of them is damaged. */
  damagedReads: number;
  lockTimeouts: number;
  tornRetries: number;
  tornGivenUp: number;
  removed: number;
  recoveries: number;
  /** Writers that had not answered when a scrape's time for their `collect` callbacks was over. */
  collectTimeouts: number;
}

/** A mapped segment. */
export interface NativeHeap {
  readonly path: string;
  /** False once the segment was removed from its directory: open again. */
  readonly current: boolean;
  /** Whether the file's file system keeps files in memory. */
  readonly memoryBacked: boolean;
  /** How often scrapes left something out, because what the heap has of it is damaged. */
  readonly damagedReads: number;
  /** What to do about damage: the end of a sentence. */
  readonly remedy: string;
  /** Whether this runtime lets JavaScript see the segment's own memory; else it would get copies. */
  views(): boolean;
  /** Better directories that do not serve, each as `path: reason`. */
  readonly passedOver: string[];
  /** The limits that it was made with. */
  readonly limits: HeapLimits;
  /**
   * This object's writer; a slot is claimed (an abandoned one adopted) at the first call, and again
   * after it was lost. Throws an Error with a code.
   *
   * @param thread number of this thread in its process, 0 for the main one
   */
  writer(thread: number): NativeWriter;
  /**
   * Takes the writer of `before` over, whose file a stranger removed, if this is a copy of it.
   *
   * @returns a {@link Status}: `Busy` to be tried again, `Lost` if the writer's slot is another's here by now, `Gone` if
   *   this is no copy. Throws an Error with a code.
   */
  follow(before: NativeHeap): number;
  /**
   * Copies what writers counted that died in `before` and had not followed.
   *
   * @returns how many are still awaited from there. Throws an Error with a code.
   */
  settle(before: NativeHeap): number;
  scrapeString(options: ScrapeOptions): Promise<string>;
  scrapeBuffer(options: ScrapeOptions): Promise<Bytes>;
  stats(): HeapStats;
  /** How many threads of this process live that made a metric. Throws an Error with a code. */
  siblings(): number;
  /**
   * Has `rung` called, on this isolate, when a scrape of another writer asks for `collect` callbacks. It keeps
   * nothing alive. Needs a writer; replaces what was given before. Throws an Error with a code.
   */
  listen(rung: () => void): void;
  /** Ends {@link listen}. */
  silence(): void;
  /** Callbacks begin to run: what to give to {@link answer}; null if nobody listens. */
  begin(): number | null;
  /** The callbacks that began at that bell have settled. */
  answer(bell: number): void;
  /**
   * Asks all others for their callbacks. `done` is called when they have run, or the time is over, and keeps the
   * isolate alive until then; null if there is nobody to wait for. What it returns is for {@link over}. Throws an
   * Error with a code.
   */
  ring(milliseconds: number, done: () => void): number | null;
  /** The scrape that rang has read: what others computed for it may change. */
  over(ring: number): void;
  /** Whether a scrape of any writer goes on that callbacks of this isolate have run for. */
  asked(): boolean;
  /** Scrapes so far are not meant by {@link asked} any more. */
  leave(): void;
  /** Removes the segment's file if no writer but this process's own lives. */
  tidy(): boolean;
}

/** A process, told apart from any other that had or will have its pid. */
export interface ProcessIdentity {
  pid: number;
  ppid: number;
  /** Clock ticks after boot. */
  startTime: string;
  bootId: string;
  /** Inode of the pid namespace. */
  pidNamespace: string;
}

export interface OpenOptions {
  /** Absolute path of a segment that the user named; it is never removed by us. */
  path?: string;
  /** Name of a derived segment, `[a-z0-9-]+`, looked for in `directories`. */
  name?: string;
  /** Parents of our own directory, best first. */
  directories?: string[];
  /** Make the segment if it is not there. */
  create: boolean;
  /** The root of the application, kept in the segment: who must be dead before it may be reaped. */
  root?: ProcessIdentity;
  /** Permission bits and group of the file and the directory, for applications that change uid. */
  mode?: number;
  gid?: number;
  /** Limits of a segment that is made. */
  limits?: HeapLimits;
  /** Whether this process is one of those that replace each other under a root that only runs them. */
  replaces?: boolean;
}

export interface Binding {
  layout(): Layout;
  /** A text kept for the process by its main thread: what worker threads go by. */
  choice(): string | null;
  choose(text: string): void;
  /**
   * Takes a turn among the threads of this process, or tells whether it is still this thread's: who has one keeps it
   * until it ends it or its thread ends, but is to end it once the main thread has asked. Thread 0 is the main one.
   */
  takeTurn(about: string, thread: number): boolean;
  /** Lets go of a turn, or no longer waits for it. The main thread gets one that it waits for. */
  endTurn(about: string, thread: number): void;
  /** The identity of a process of this pid namespace; null if it is not there. */
  identity(pid: number): ProcessIdentity | null;
  /**
   * Throws an Error with a code `ERR_MPMETRICS_*`; null if it is not there and `create` is false.
   *
   * @param before what this isolate has, and is not current any more: it is copied, if a stranger removed its file
   */
  openHeap(options: OpenOptions, before?: NativeHeap | null): NativeHeap | null;
}
