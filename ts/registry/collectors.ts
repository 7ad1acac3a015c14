/** Collectors: objects that yield several metrics at once, which are made for one scrape (`registerCollector`). */

import { shown, unfit, warnOnce } from '../errors';
import type { MetricRows } from '../exposition';
import { Metric, ROSTER, type AnyMetric } from '../metrics';
import { collecting, type Collect } from '../storage';
import type { DuckMetric, Registered } from './registered';

/** A metric that a collector yields: one of this package, an object with `get()`, or what `get()` resolves with. */
export type YieldedMetric =
  AnyMetric | DuckMetric | { name: string; help: string; type: string; values: readonly object[] };

/** What `registerCollector()` takes. */
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
  /** Makes other processes run a callback. Does nothing if the registry is not shared. */
  collects(run: Collect): void;
  /** Ends {@link collects}. */
  endsCollecting(run: Collect): void;
  /** Moves a metric into the heap, if the registry is shared. */
  share(metric: Metric): void;
  /** Moves a metric to memory storage. */
  disown(metric: Metric): void;
}

/** A collector that was registered, with the metrics that it last put into the heap. */
interface Entry {
  readonly collector: MetricCollector;
  /** What scrapes of other processes run; null if they do not. */
  readonly run: Collect | null;
  held: Metric[];
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
    const run: Collect | null = everywhere ? () => this.runOne(entry).then(() => undefined) : null;
    const entry: Entry = { collector, run, held: [] };
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
    return [...this.entries].flatMap(({ held }) => held).filter(isShared);
  }

  /**
   * Runs all collectors.
   *
   * @returns the metrics that they yield, without those that are in the heap now; null if there are no collectors.
   *   Rejects as a collector does
   */
  run(): Promise<Registered[]> | null {
    if (this.entries.size === 0) return null;
    const all = Promise.all([...this.entries].map((entry) => this.runOne(entry)));
    const distinct = all.then((yielded) => this.named(yielded.flat()));
    // The caller may fail before it awaits this promise.
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
    // It may have been removed meanwhile.
    if (entry.run === null || !this.entries.has(entry)) return metrics;
    return this.hold(entry, this.named(metrics));
  }

  /** Puts metrics into the heap, in place of those that the collector put there last. Returns those that stay outside. */
  private hold(entry: Entry, metrics: readonly Registered[]): Registered[] {
    const own = metrics.filter((metric) => metric instanceof Metric);
    for (const old of entry.held) if (!own.includes(old)) this.release(old);
    entry.held = own;
    for (const metric of own) this.host.share(metric);
    return metrics.filter((metric) => !(metric instanceof Metric && isShared(metric)));
  }

  private release(metric: Metric): void {
    const roster = metric[ROSTER];
    // As in a `collect` callback, changes are not kept back: the metrics that follow are for this scrape.
    roster.running++;
    this.host.disown(metric);
    roster.running--;
  }

  private remove(entry: Entry): void {
    if (!this.entries.delete(entry)) return;
    if (entry.run !== null) this.host.endsCollecting(entry.run);
    for (const metric of entry.held) this.host.disown(metric);
    entry.held = [];
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

/** Returns something that a collector yields as an object that can be registered. */
function registrable(yielded: unknown): Registered {
  if (yielded instanceof Metric) return yielded;
  const { get, name, values } = (yielded ?? {}) as Partial<DuckMetric & MetricRows>;
  if (typeof get === 'function') return yielded as DuckMetric;
  if (typeof name !== 'string' || !Array.isArray(values)) {
    throw new TypeError(
      `a collector must yield metrics, or objects that their get() resolves with, and yields ${shown(yielded)}`,
    );
  }
  const rows = yielded as MetricRows;
  // A copy, because default labels are added to it.
  return { ...rows, get: () => ({ ...rows, values: rows.values.map((row) => ({ ...row })) }) };
}
