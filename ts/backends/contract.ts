/**
 * The contract with a backend of the user's own. A backend opens a cell for each series. Updates go to the cell, and a
 * scrape asks the cell for its numbers.
 */

import { MpmetricsError, shown } from '../errors';

/** The types of metrics that a backend is asked to count. */
export type CellType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'stateset' | 'info';

/** What a backend is told of a series. */
export interface CellSeries {
  /** Name of the metric, without a registry's prefix. */
  readonly name: string;
  /** Help text of the metric. */
  readonly help: string;
  readonly type: CellType;
  /**
   * Name of the metric's registry; left out for the default registry and for registries without a name. Metrics of
   * different registries may have the same name. Two that are not told apart by this are not both in the backend: the
   * second one is kept in memory, with a warning.
   */
  readonly registry?: string;
  /**
   * The series' own labels as texts, without default labels of a registry. A gauge with the aggregator `all` also has
   * the labels `pid` and, in a worker thread, `thread`.
   */
  readonly labels: Readonly<Record<string, string>>;
  /** Upper bounds of a histogram's buckets in configured order, without `+Inf`. Left out for other types. */
  readonly buckets?: readonly number[];
  /** Ranks of a summary's quantiles, from 0 to 1. Left out for other types. */
  readonly quantiles?: readonly number[];
  /** States of an Enum or a StateSet in declared order. Left out for other types. */
  readonly states?: readonly string[];
  /** How the metric wants the values of several processes joined: `sum`, `max` and so on. */
  readonly aggregator: string;
}

/**
 * Counts one series. `inc`, `set`, `observe` and `remove` return before the next line of the program runs. If one of
 * them throws, the library counts that in `mpmetrics_backend_errors_total`, and warns once.
 */
export interface Cell {
  /** Adds to a counter or a gauge. `by` is negative if a gauge is decremented. */
  inc(by: number): void;
  /**
   * Replaces the value of a gauge. Of an Enum or a StateSet, it is a mask: bit n is 1 if state n is set. An Info is set
   * to 1, once.
   */
  set(value: number): void;
  /**
   * Counts a value `times` times in a histogram or a summary. Needed for these two types only. A histogram counts a
   * value in the first bucket whose upper bound is not below it.
   */
  observe?(value: number, times: number): void;
  /**
   * Returns all that was counted, by all processes that share the store:
   *
   * - counter, gauge: `[value]`
   * - Enum, StateSet: `[mask]`; Info: `[1]`
   * - histogram: `[sum, count of bucket 0, …, count above all bounds]`. Each observation is in one bucket: the counts
   *   are not cumulative
   * - summary: `[sum, count]`, or `[sum, count, …quantiles]` with a value for each rank of {@link CellSeries.quantiles}
   *
   * If it throws or rejects, the scrape rejects.
   */
  get(): readonly number[] | Promise<readonly number[]>;
  /**
   * Forgets the series: it was removed or reset, it expired, or its metric left the registry. The library does not use
   * the cell again. It opens another one if the series is updated afterwards, and that one begins at zero.
   */
  remove(): void;
}

/** A store of metrics. */
export interface CellBackend {
  /** What `backend().name` returns. Without it, that is the name of the object's class. */
  readonly name?: string;
  /**
   * Returns the cell of a series. Called once for each series of an isolate, and again after the series was removed. If
   * it throws, updates of the series are dropped and counted, and the next update asks again.
   */
  open(series: CellSeries): Cell;
  /**
   * Returns the numbers of all cells, as {@link Cell.get} does, in one round trip. Cells that it leaves out are asked
   * one by one. A scrape that finds no `collect` asks all cells.
   */
  collect?(): Promise<ReadonlyMap<Cell, readonly number[]>>;
  /** Called when the process has nothing more to do, or when another backend takes its place. */
  close?(): Promise<void> | void;
}

/** A class of backends or engines. A module that `backend` names may have one as its default export. */
export interface BackendClass {
  /** `never` allows a class to declare its parameter as the type of its own configuration. */
  new (config: never): CellBackend | BackendEngine;
  /**
   * Called once for each process and worker thread, before the constructor. If it returns a promise, no cell is opened
   * and no scrape is answered before it resolves. Updates are kept until then, and counted afterwards.
   */
  initialize?(config: never): Promise<void> | void;
}

/** An engine: it brings the metrics of shared memory somewhere else. Updates do not concern it. */
export interface BackendEngine {
  readonly name: string;
  push(snapshot: never): Promise<void>;
}

const METHODS = ['inc', 'set', 'get', 'remove'] as const;

/** Returns the method that a cell lacks; null if it has all that its type needs. */
export function missingMethod(cell: unknown, type: CellType): string | null {
  const observes = type === 'histogram' || type === 'summary';
  const wanted = observes ? ([...METHODS, 'observe'] as const) : METHODS;
  const given = cell as Partial<Cell> | null | undefined;
  return wanted.find((name) => typeof given?.[name] !== 'function') ?? null;
}

/**
 * Returns what `collect` resolved with.
 *
 * @throws MpmetricsError `ERR_MPMETRICS_INVALID` if that is no Map
 */
export function checkedNumbers<M>(collected: M): M {
  if (typeof (collected as Partial<Map<unknown, unknown>> | null | undefined)?.get === 'function') {
    return collected;
  }
  const message = `collect() must resolve with a Map from cells to their numbers, and resolved with ${shown(collected)}`;
  throw new MpmetricsError('ERR_MPMETRICS_INVALID', message);
}

/** A series as messages name it: `requests_total{code="200"}`. */
export function nameOf({ name, labels }: Pick<CellSeries, 'name' | 'labels'>): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

export function isCellBackend(one: unknown): one is CellBackend {
  return typeof (one as Partial<CellBackend> | null)?.open === 'function';
}

export function isEngine(one: unknown): one is BackendEngine {
  return typeof (one as Partial<BackendEngine> | null)?.push === 'function';
}
