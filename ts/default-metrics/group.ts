/**
 * A group: the metrics that one source of values sets, with its observers and timers. The observers and timers end with
 * `stop()`, and also when the last of the metrics is removed from the registry, for example by `register.clear()`.
 */

import {
  Counter,
  Gauge,
  Histogram,
  LEFT,
  ROSTER,
  Summary,
  type Aggregator,
  type LabelValues,
  type Metric,
} from '../metrics';
import { claim, contentsOf, disclaim, isClaimedElsewhere, register } from '../registry';
import type { Choosable, Settings } from './settings';
import { Turn } from './turn';

/** A source of values: its metrics, and how they are set. */
export interface Source extends Choosable {
  /** True if the values are those of the whole process, not of a thread. */
  readonly ofProcess?: boolean;
  /** Makes the metrics and begins to set them. */
  start(group: Group): void;
}

/** Properties of a metric in addition to its name and help text. */
interface Shape {
  /** Label names of the metric itself; those that the user configured follow. */
  own?: string[];
  aggregator?: Aggregator;
}

type Collect = () => void | Promise<void>;

export class Group {
  readonly settings: Settings;
  /** The labels that the user configured for every series. */
  readonly labels: LabelValues<string>;
  private readonly source: Source;
  /** The metrics of the group that the registry still has. */
  private readonly metrics = new Set<Metric>();
  private readonly releases: (() => void)[] = [];
  private run: Collect | null = null;

  constructor(source: Source, settings: Settings) {
    this.source = source;
    this.settings = settings;
    this.labels = settings.labels;
  }

  /** True while the registry has one of the metrics. */
  get going(): boolean {
    return this.metrics.size > 0;
  }

  /** Makes a gauge. Returns undefined if the user did not choose it, or another copy of this package reports it. */
  gauge(name: string, help: string, shape: Shape = {}): Gauge | undefined {
    return this.make(name, () => new Gauge(this.configuration(name, help, shape)));
  }

  counter(name: string, help: string, enableExemplars: boolean): Counter | undefined {
    return this.make(
      name,
      () => new Counter({ ...this.configuration(name, help, {}), enableExemplars }),
    );
  }

  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    shape: Shape = {},
  ): Histogram | undefined {
    return this.make(
      name,
      () =>
        new Histogram({ ...this.configuration(name, help, shape), buckets: buckets as number[] }),
    );
  }

  summary(name: string, help: string, more: object): Summary | undefined {
    return this.make(name, () => new Summary({ ...this.configuration(name, help, {}), ...more }));
  }

  /**
   * Sets the `collect` of the group's first metric. A scrape calls it before the scrape reads any metric of the group.
   *
   * @param run sets all metrics of the group
   * @param waiting called in place of `run` while another thread reports the figures of the process
   */
  collect(run: () => void, waiting?: () => void): void {
    const { key, ofProcess } = this.source;
    const { place, prefix } = this.settings;
    const alone = ofProcess !== true || place === null || !this.going;
    this.run = alone ? run : this.inTurn(new Turn(`${place} ${prefix}${key}`), run, waiting);
    this.handOver();
  }

  /** Adds a function that ends an observer or timer of the group. */
  onStop(release: () => void): void {
    this.releases.push(release);
  }

  /** Ends observers and timers, and removes the metrics from this thread's registry. Other processes' parts stay. */
  stop(): void {
    const { register } = this.settings;
    for (const metric of [...this.metrics]) {
      metric[LEFT] = null;
      if (this.claims) disclaim(metric.name);
      const there: unknown = register.getSingleMetric(metric.name);
      if (there === metric) {
        register.removeSingleMetric(metric.name);
      }
    }
    this.metrics.clear();
    this.release();
  }

  /** Ends observers and timers only. */
  release(): void {
    for (const release of this.releases.splice(0)) release();
  }

  private configuration(name: string, help: string, { own = [], aggregator }: Shape) {
    const { prefix, registers, config } = this.settings;
    return {
      ...(config.ifExists === undefined ? null : { ifExists: config.ifExists }),
      name: prefix + name,
      help,
      labelNames: [...own, ...Object.keys(this.labels)],
      ...(registers === null ? null : { registers }),
      ...(aggregator === undefined ? null : { aggregator }),
    };
  }

  /**
   * Whether the names of the metrics are claimed for this copy of the package: those of the default registry are,
   * unless it is in memory storage.
   */
  private get claims(): boolean {
    return this.settings.register === register && contentsOf(register)!.place !== null;
  }

  private make<M extends Metric>(name: string, create: () => M): M | undefined {
    const { settings, claims } = this;
    if (!settings.wants(this.source.key, name)) return undefined;
    const full = settings.prefix + name;
    // Another copy of this package reports this metric.
    if (claims && isClaimedElsewhere(full)) return undefined;
    const metric = create();
    // The name is claimed only now, because the constructor may throw. It may also replace an older metric of this
    // name, and the `LEFT` of that metric disclaims the name.
    if (claims) claim(full);
    this.metrics.add(metric);
    metric[LEFT] = () => {
      this.metrics.delete(metric);
      if (claims) disclaim(full);
      if (this.metrics.size === 0) this.release();
      // No scrape runs the `collect` of a removed metric: another metric of the group gets it.
      else if (metric.collect !== undefined) this.handOver();
    };
    return metric;
  }

  /** Returns a `collect` that sets the metrics while this thread has the turn, and hides its gauges otherwise. */
  private inTurn(turn: Turn, run: () => void, waiting?: () => void): Collect {
    const end = (): void => {
      turn.end();
    };
    this.onStop(end);
    if (!turn.take()) this.hide();
    return () => {
      if (turn.take()) {
        run();
        return;
      }
      this.hide();
      turn.give();
      waiting?.();
      return turn.asked?.then(() => {
        if (turn.take()) run();
      });
    };
  }

  /** Hides this thread's gauges. Counters keep their counts. */
  private hide(): void {
    for (const metric of this.metrics) {
      if (metric instanceof Gauge) metric[ROSTER].reset(true);
    }
  }

  private handOver(): void {
    const [first] = this.metrics;
    if (first !== undefined && this.run !== null) first.collect = this.run;
  }
}
