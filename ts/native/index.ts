/**
 * The interface of the native module. This file has the numbers that TypeScript and Rust use; the other files of the
 * folder have the types. Only `ts/binding.ts` loads the module. A type test compares these types with the `index.d.ts`
 * that napi-rs generates.
 */

export type * from './binding';
export type * from './heap';
export type * from './identity';
export type * from './reader';
export type * from './writer';

/** The kinds of stores with which JavaScript may update cells on this machine. */
export const enum Stores {
  /** Plain stores. */
  Plain = 0,
  /** Plain stores to all cells but sequence words, to which stores must be atomic. */
  Ordered = 1,
  /** No stores of JavaScript: only native code updates cells. */
  Native = 2,
}

/** The result of `bind` and other calls. */
export const enum Status {
  Ok = 0,
  /** Another process or thread holds the heap lock: count in memory and try again later. */
  Busy = 1,
  /** No memory left for a new series. */
  Full = 2,
  /** A limit on series, label values or label text is reached. */
  Limit = 3,
  /** The writer's slot was lost (or the segment retired): make a new writer. */
  Lost = 4,
  /** The heap is corrupt: leave it. */
  Corrupt = 5,
  /** The block does not belong to the series any more: bind again. */
  Gone = 6,
}

/** Every {@link Status} by its name. `ts/binding.ts` compares them with those of the native module. */
export const STATUSES: { readonly [K in keyof typeof Status]: (typeof Status)[K] } = {
  Ok: Status.Ok,
  Busy: Status.Busy,
  Full: Status.Full,
  Limit: Status.Limit,
  Lost: Status.Lost,
  Corrupt: Status.Corrupt,
  Gone: Status.Gone,
};

/** Returns a number of the native module as a {@link Status}. */
export function statusOf(number: number): Status {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- ts/binding.ts compares all numbers at load
  return number;
}

/** Why a series was refused. */
export const enum Refusal {
  /** No memory, or the segment has its maximum size. */
  Memory = 0,
  /** The segment has its maximum number of series. */
  Series = 1,
  /** The family has its maximum number of series. */
  FamilySeries = 2,
  /** A label's value is too long. */
  LabelValue = 3,
  /** The segment has its maximum of label text. */
  Text = 4,
  /** A maximum that the layout sets is reached. */
  Layout = 5,
  /** The maximum number of new series already waits for the heap lock. */
  Busy = 6,
}

/** Returns a number of the native module as a {@link Refusal}. */
export function refusalOf(number: number): Refusal {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- ts/binding.ts compares all numbers at load
  return number;
}

/**
 * The names of the reasons, in the order of {@link Refusal}. `ts/binding.ts` compares them with those of the native
 * module.
 */
export const REFUSALS = [
  'memory',
  'series',
  'metric_series',
  'label_value',
  'label_text',
  'layout',
  'busy',
] as const;

/** Indexes of the words that `bind` fills in its `out` argument. */
export const enum Out {
  Status = 0,
  /** Number of the slab: `writer.slab(n)`. */
  Slab = 1,
  /** In place of the slab, if the status is Full or Limit: the {@link Refusal}, which native code has counted. */
  // eslint-disable-next-line @typescript-eslint/no-duplicate-enum-values -- the status tells if it is Slab or Refusal
  Refusal = 1,
  /** Index of the first cell in the slab's Float64Array. */
  Cell = 2,
  /** Number of the generation chunk: `writer.generations(n)`. */
  Chunk = 3,
  /** Index of the series' word in the chunk's Uint32Array. */
  Word = 4,
  /** Generation of the series: the handle is valid while the word equals it. */
  Generation = 5,
  /** Number of the series. */
  Series = 6,
  /** Bit 0: the block has counts of an earlier life of this slot (adopted). */
  Flags = 7,
}

/** Every {@link Out} but `Refusal` by its name. `ts/binding.ts` compares them with those of the native module. */
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
