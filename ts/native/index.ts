/**
 * The native module, as TypeScript sees it: here the numbers that cross the border, and beside them the shape of what
 * it has. `binding.ts` loads it; nothing else imports more than numbers and types. The generated `index.d.ts` of
 * napi-rs is checked against these types by a type test.
 */

export type * from './binding';
export type * from './heap';
export type * from './writer';

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
