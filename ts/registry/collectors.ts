/** Collectors: objects that yield several metrics at once, which are made for one scrape (`registerCollector`). */

import { shown, unfit, warnOnce } from '../errors';
import type { MetricRows } from '../exposition';
import {
  Metric,
  readsItself,
  ROSTER,
  runCollect,
  warnOfMisspelt,
  type AnyMetric,
} from '../metrics';
import { collecting, type Collect } from '../storage';
import { fill, holderOf, holds } from './holder';
import type { DuckMetric, Registered } from './registered';

/** A metric that a collector yields: one of this package, an object with `get()`, or a result of such a `get()`. */
export type YieldedMetric =
  AnyMetric | DuckMetric | { name: string; help: string; type: string; values: readonly object[] };

/** A collector, as `registerCollector()` takes it. */
export interface MetricCollector {
  /**
   * Called for each scrape.
   *
   * @returns metrics, made with `registers: []`; or a promise of them
   */
  collect(): Iterable<YieldedMetric> | Promise<Iterable<YieldedMetric>>;
}

/** Options of `registerCollector()`. */
export interface CollectorOptions {
  /** True: scrapes of other processes run the collector, too. Then it may yield only metrics of this package. */
  everywhere?: boolean;
}

/** The registry that has the collectors. */
interface Host {
  /** The metrics that were registered, whose names are taken. */
  readonly metrics: ReadonlyMap<string, Registered>;
  /** Where its metrics are shared; null if they are not. */
  readonly place: string | null;
  /** Makes other processes run a callback. Does nothing if the registry is not shared. */
  collects(run: Collect): void;
  /** Ends {@link collects}. */
  endsCollecting(run: Collect): void;
  /** Moves a metric into the heap, if the registry is shared. */
  share(metric: Metric): void;
  /** Moves a metric to memory storage. */
  disown(metric: Metric): void;
}

/** A collector that was registered. */
interface Entry {
  readonly collector: MetricCollector;
  /** The callback for scrapes of other processes; null if these do not run the collector. */
  readonly run: Collect | null;
  /** The collector's metrics in the heap, by name. */
  readonly held: Map<string, Metric>;
}

export class Collectors {
  private readonly host: Host;
  private readonly entries = new Set<Entry>();

  constructor(host: Host) {
    this.host = host;
  }

  /**
   * Adds a collector.
   *
   * @returns a function that removes it
   * @throws TypeError for an object without a function `collect`, or an option that is invalid
   */
  add(collector: MetricCollector, options: CollectorOptions = {}): () => void {
    if (typeof (collector as Partial<MetricCollector> | null)?.collect !== 'function') {
      throw unfit('collector', 'an object with a function collect', collector);
    }
    if (typeof options !== 'object' || (options as unknown) === null) {
      throw unfit('options', 'an object', options);
    }
    const { everywhere = false } = options;
    if (typeof everywhere !== 'boolean') throw unfit('everywhere', 'true or false', everywhere);
    warnOfMisspelt(options, ['everywhere'], 'registerCollector()');
    const run: Collect | null = everywhere ? () => this.runOne(entry).then(() => undefined) : null;
    const entry: Entry = { collector, run, held: new Map() };
    this.entries.add(entry);
    if (run !== null) this.host.collects(run);
    return () => {
      this.remove(entry);
    };
  }

  /** Removes all collectors. */
  clear(): void {
    for (const entry of [...this.entries]) this.remove(entry);
  }

  /** The metrics that collectors have put into the heap. */
  get held(): Metric[] {
    return [...this.entries].flatMap(({ held }) => [...held.values()]).filter(isShared);
  }

  /** Whether scrapes of other processes run any of the collectors. */
  get everywhere(): boolean {
    return [...this.entries].some(({ run }) => run !== null);
  }

  /** Gives up a name in the heap, because the program declares a metric of that name. */
  giveUp(name: string): void {
    for (const { held } of this.entries) {
      const holder = held.get(name);
      if (holder === undefined) continue;
      held.delete(name);
      this.release(holder);
    }
  }

  /**
   * Runs all collectors.
   *
   * @returns the metrics that they yield, without those that are in the heap now; null if there are no collectors. The
   *   promise rejects if a collector fails
   */
  run(): Promise<Registered[]> | null {
    if (this.entries.size === 0) return null;
    const all = Promise.all([...this.entries].map((entry) => this.runOne(entry)));
    const distinct = all.then((yielded) => this.named(yielded.flat()));
    // Prevents an unhandled rejection: the caller may fail before it awaits this promise.
    distinct.catch(() => undefined);
    return distinct;
  }

  /** Runs a collector. Returns the metrics that are not in the heap. */
  private async runOne(entry: Entry): Promise<Registered[]> {
    const result = collecting({ running: 0 }, () => entry.collector.collect());
    const yielded: unknown = await result;
    const iterable = typeof yielded === 'object' && yielded !== null && Symbol.iterator in yielded;
    if (!iterable) throw unfit('the result of a collector', 'an array of metrics', yielded);
    const metrics = [...(yielded as Iterable<unknown>)].map(registrable);
    if (entry.run === null || this.host.place === null) return metrics;
    const named = this.named(metrics);
    for (const one of named) if (one instanceof Metric) await runCollect(one);
    // The collector may have been removed meanwhile.
    return this.entries.has(entry) ? this.hold(entry, named) : named;
  }

  /**
   * Brings the values of metrics into the heap. Removes the collector's metrics in the heap that it does not yield any
   * more.
   *
   * @returns the metrics that are not in the heap
   */
  private hold(entry: Entry, metrics: readonly Registered[]): Registered[] {
    const { held } = entry;
    const names = new Set(metrics.map(({ name }) => String(name)));
    for (const [name, holder] of held) {
      if (names.has(name)) continue;
      held.delete(name);
      this.release(holder);
    }
    return metrics.filter((metric) => {
      const holder = metric instanceof Metric && !readsItself(metric) && this.holder(held, metric);
      if (holder === false || holder === null) return true;
      fill(holder, metric);
      return false;
    });
  }

  /** Returns the metric in the heap for the values of a yielded metric; null if the heap has no room for one. */
  private holder(held: Map<string, Metric>, metric: Metric): Metric | null {
    const { name } = metric;
    const there = held.get(name);
    if (there !== undefined) {
      if (isShared(there) && holds(there, metric)) return there;
      held.delete(name);
      this.release(there);
    }
    const made = holderOf(metric);
    this.host.share(made);
    if (!isShared(made)) return null;
    held.set(name, made);
    return made;
  }

  private release(holder: Metric): void {
    const roster = holder[ROSTER];
    // As in a `collect` callback, changes are not kept back: the scrape that runs the collector must see them.
    roster.running++;
    this.drop(holder);
    roster.running--;
  }

  /** Takes a metric out of the heap. Nothing of it stays in memory storage. */
  private drop(holder: Metric): void {
    this.host.disown(holder);
    const { family } = holder[ROSTER];
    for (const h of holder[ROSTER].handles()) family.release(h);
  }

  private remove(entry: Entry): void {
    if (!this.entries.delete(entry)) return;
    if (entry.run !== null) this.host.endsCollecting(entry.run);
    for (const holder of entry.held.values()) this.drop(holder);
    entry.held.clear();
  }

  /** Leaves out metrics whose names are taken, with one warning for each name. */
  private named(metrics: readonly Registered[]): Registered[] {
    const names = new Set<string>();
    return metrics.filter((metric) => {
      const name = String(metric.name);
      if (!names.has(name) && !this.host.metrics.has(name)) {
        names.add(name);
        return true;
      }
      if (this.host.metrics.get(name) === metric) return false;
      warnOnce(
        'MPMETRICS_CONFIG',
        `a collector yields a metric ${name}, which is left out: another metric has that name`,
        name,
      );
      return false;
    });
  }
}

function isShared(metric: Metric): boolean {
  return metric[ROSTER].family.others !== null;
}

/** Makes an object that can be registered of what a collector yields. */
function registrable(yielded: unknown): Registered {
  if (yielded instanceof Metric) return yielded;
  const { get, name, values } = (yielded ?? {}) as Partial<DuckMetric & MetricRows>;
  const named = typeof name === 'string';
  if (named && typeof get === 'function') return yielded as DuckMetric;
  if (!named || !Array.isArray(values)) {
    throw new TypeError(
      `a collector must yield metrics, or objects that their get() resolves with, with a name, and yields ${shown(yielded)}`,
    );
  }
  const rows = yielded as MetricRows;
  // A copy, because default labels are added to it.
  return { ...rows, get: () => ({ ...rows, values: rows.values.map((row) => ({ ...row })) }) };
}
