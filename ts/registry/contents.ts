/** The contents of a registry, and the tag of its families in the heap. */

import { warnOnce } from '../errors';
import { fillDefaults, type MetricRows, type RowLabels } from '../exposition';
import { labelText } from '../labels';
import { FIGURE, LEFT, Metric, readsItself, REPLACE, ROSTER, type Registers } from '../metrics';
import type { Snapshot } from '../snapshot';
import {
  cellsInUse,
  heap,
  moveToBackend,
  moveToHeap,
  moveToMemory,
  type Collect,
} from '../storage';
import { Collectors } from './collectors';
import type { Registered } from './registered';

export const DEFAULT_TAG = 'default';
export const ANONYMOUS_TAG = 'anonymous';
/** The tag of families on registries without a name that were passed to `setRegistries`. */
export const AGGREGATED_TAG = 'aggregated';

/** The beginning of the tags of named registries. */
const NAMED = 'name:';

/** Tags of registries that show only metrics that were declared on them. */
const NAMELESS: ReadonlySet<string> = new Set([ANONYMOUS_TAG, AGGREGATED_TAG]);

/**
 * Key of the number of the registry that this isolate made last. All copies of this package share the number, because
 * they share the isolate's writer.
 */
const GROUPS = Symbol.for('mpmetrics.groups');

/** The contents under which each metric in the heap was declared. */
const owners = new WeakMap<Metric, Contents>();

const named = new Map<string, Contents>();

export class Contents {
  readonly metrics = new Map<string, Registered>();
  /** Labels that are printed with every series that does not have them itself. */
  defaults: RowLabels = {};
  /** Objects that yield metrics for each scrape. */
  readonly collectors = new Collectors(this);
  /** What is printed before all names. Names everywhere else are without it. */
  prefix = '';
  /** Returns what all hosts have counted; null if they do not share the registry. */
  hosts: (() => Promise<Snapshot>) | null = null;
  /** Functions that are called with the duration of each scrape, in seconds. */
  readonly scraped = new Set<(seconds: number) => void>();
  /** The tag of the registry's families in the heap; null for a registry that is not shared. */
  private tag: string | null;
  /** Number of the registry in this isolate, for default labels. */
  private readonly group: number;
  /** The contents of the whole registry: for a part, the object whose {@link part} made it; otherwise this object. */
  private readonly whose: Contents;
  /** Metrics that left the heap because their `get` was replaced, with the contents under which they were declared. */
  private readonly released = new Map<Metric, Contents>();
  /** Parts, with their own default labels, in addition to the registry's. */
  private readonly parts = new Map<Contents, RowLabels>();

  constructor(tag: string | null, whose?: Contents) {
    this.tag = tag;
    this.whose = whose ?? this;
    const counter = globalThis as { [GROUPS]?: number };
    this.group = (counter[GROUPS] ?? 0) + 1;
    counter[GROUPS] = this.group;
  }

  /** Returns the contents that all registries of a name share. */
  static of(name: string): Contents {
    let contents = named.get(name);
    if (contents === undefined) {
      contents = new Contents(tagOf(name));
      named.set(name, contents);
    }
    return contents;
  }

  /** The tag whose families are all shown, also those that this process never declared; null for none. */
  get whole(): string | null {
    return this.nameless ? null : this.tag;
  }

  /**
   * Whether the registry may show metrics that this process does not have: other processes declared them, or run
   * collectors that yield them.
   */
  get showsOthers(): boolean {
    return this.tag !== null && (!this.nameless || this.collectors.everywhere);
  }

  /** @param aggregator selects metrics with this aggregator; a metric without one counts as `sum` */
  all(aggregator?: string): Registered[] {
    const all = [...this.metrics.values()];
    if (aggregator === undefined) return all;
    return all.filter((metric) => (metric.aggregator ?? 'sum') === aggregator);
  }

  /** @throws Error if another metric has its name */
  add(metric: Registered): void {
    const name = String(metric.name);
    // If the backend that the program chose cannot be used, the metric is not registered.
    if (this.tag !== null) cellsInUse();
    const there = this.metrics.get(name);
    if (there !== undefined && there !== metric) {
      throw new Error(`A metric with the name ${name} has already been registered.`);
    }
    this.collectors.giveUp(name);
    this.metrics.set(name, metric);
    this.share(metric);
  }

  /** Replaces a metric by one that has taken over its series. */
  replace(there: Metric, metric: Metric): void {
    this.metrics.set(metric.name, metric);
    const owner = owners.get(there);
    if (owner !== undefined) owners.set(metric, owner);
    owners.delete(there);
    this.released.delete(there);
    there[LEFT]?.();
  }

  /**
   * The segment and the tag under which newly registered metrics are shared with other processes and threads, as one
   * text; null if they are not shared.
   */
  get place(): string | null {
    return this.tag !== null && heap.open(true) ? `${heap.path} ${this.tag}` : null;
  }

  /**
   * Makes a part of the registry with default labels of its own, in addition to the registry's. Metrics of the part
   * belong to this registry, and are shown with these labels. As with all default labels, the counts under them are not
   * kept for ever. When no living process has the labels any more, the counts stay during the next 64 adoptions. A later
   * adoption frees the counts.
   *
   * @returns null if the registry is not shared, because no part is needed then
   */
  part(labels: RowLabels): Registers | null {
    if (this.place === null) return null;
    const part = new Contents(this.tag, this);
    this.parts.set(part, labels);
    part.setDefaults({ ...this.defaults, ...labels });
    return {
      registerMetric: (metric: Metric) => {
        if (!this.metrics.has(metric.name)) {
          this.collectors.giveUp(metric.name);
          part.share(metric);
        }
        this.add(metric);
      },
      getSingleMetric: (name) => this.metrics.get(name),
      [REPLACE]: (there: Metric, metric: Metric) => {
        this.replace(there, metric);
      },
    };
  }

  /** Makes scrapes of other processes run a callback, if the registry is shared. */
  collects(run: Collect): void {
    if (this.tag !== null && heap.open(true)) heap.collects(run);
  }

  /** Ends {@link collects}. */
  endsCollecting(run: Collect): void {
    heap.collectors.delete(run);
  }

  /** Moves a metric into the heap or the backend, if the registry is shared. */
  share(metric: Registered): void {
    if (metric instanceof Metric && this.tag !== null && !owners.has(metric)) {
      if (readsItself(metric)) return;
      const cells = cellsInUse();
      if (cells !== null) {
        // Figures of this package tell of this process, and also if the backend fails.
        if (metric.aggregator.startsWith(FIGURE)) return;
        if (moveToBackend(metric[ROSTER], cells, nameOf(this.tag))) owners.set(metric, this);
        else
          warnOfPrivate(
            `two registries that a backend cannot tell apart have a metric ${metric.name}`,
          );
        return;
      }
      if (moveToHeap(metric[ROSTER], this.tag, this.group)) owners.set(metric, this);
      else if (this.nameless && heap.has(this.tag, metric.name)) {
        warnOfPrivate(`two registries without a name have a metric ${metric.name}`);
      }
    }
  }

  /** Moves metrics out of the heap whose `get` was replaced. Moves back those whose `get` was restored. */
  release(): void {
    for (const [metric, owner] of this.released) {
      if (readsItself(metric)) continue;
      this.released.delete(metric);
      owner.share(metric);
    }
    for (const metric of this.metrics.values()) {
      if (!(metric instanceof Metric) || !readsItself(metric)) continue;
      const owner = owners.get(metric);
      if (owner === undefined || !this.isOwner(owner)) continue;
      this.released.set(metric, owner);
      owners.delete(metric);
      moveToMemory(metric[ROSTER]);
    }
  }

  /** Removes a metric, and moves this isolate's part of it to memory storage. */
  delete(name: string): void {
    const metric = this.metrics.get(name);
    this.metrics.delete(name);
    if (metric !== undefined) this.disown(metric);
  }

  /** Removes all metrics and collectors, and the default labels. Keeps the prefix. */
  clear(): void {
    const metrics = this.all();
    this.metrics.clear();
    for (const metric of metrics) this.disown(metric);
    this.collectors.clear();
    this.setDefaults({});
  }

  setDefaults(labels: RowLabels): void {
    // A copy, so that a later change of the given object has no effect here, as it has none in the heap.
    this.defaults = { ...labels };
    if (this.tag !== null) heap.defaultLabels(this.group, labelText(this.defaults));
    for (const [part, more] of this.parts) part.setDefaults({ ...labels, ...more });
  }

  /** Returns the default labels; null if there are none. */
  given(): RowLabels | null {
    return isEmpty(this.defaults) ? null : this.defaults;
  }

  /** Adds the default labels that are missing to the rows of a duck-typed metric; returns the rows. */
  withDefaults(rows: MetricRows): MetricRows {
    const defaults = this.given();
    if (defaults === null) return rows;
    // `values` may be missing, because any object with a `get()` is accepted, whatever `get()` returns.
    for (const row of rows.values ?? []) row.labels = fillDefaults(row.labels, defaults);
    return rows;
  }

  /**
   * Sets whether `clusterMetrics()` of any process shows the families of this registry. Has an effect only on a shared
   * registry without a name: other processes know families of the default registry and of named ones by their tags, and
   * cannot see those of a registry that is not shared.
   */
  aggregate(on: boolean): void {
    const tag = on ? AGGREGATED_TAG : ANONYMOUS_TAG;
    if (!this.nameless || this.tag === tag) return;
    this.tag = tag;
    for (const part of this.parts.keys()) part.tag = tag;
    for (const metric of [...this.all(), ...this.collectors.held]) {
      const owner = metric instanceof Metric ? owners.get(metric) : undefined;
      if (!this.isOwner(owner)) continue;
      const roster = (metric as Metric)[ROSTER];
      // A backend has no tags.
      if (roster.family.others === null) continue;
      moveToMemory(roster);
      if (!moveToHeap(roster, tag, owner!.group)) owners.delete(metric as Metric);
    }
  }

  /** True if this registry shows a family in the heap with the default labels of the processes that declared it. */
  owns(tag: string, name: string): boolean {
    if (!NAMELESS.has(tag)) return tag === this.tag;
    const metric = this.metrics.get(name);
    return metric instanceof Metric && this.isOwner(owners.get(metric));
  }

  /**
   * Returns whether native code prints a metric in the heap as this registry shows it. Native code prints it with the
   * default labels of the registry on which it was declared.
   */
  printsNatively(metric: Metric): boolean {
    const owner = owners.get(metric);
    if (this.isOwner(owner)) return true;
    return isEmpty(this.defaults) && (owner === undefined || isEmpty(owner.defaults));
  }

  private get nameless(): boolean {
    return this.tag !== null && NAMELESS.has(this.tag);
  }

  /** Moves a metric of this registry to memory storage. */
  disown(metric: Registered): void {
    if (!(metric instanceof Metric)) return;
    this.released.delete(metric);
    if (this.isOwner(owners.get(metric))) {
      owners.delete(metric);
      moveToMemory(metric[ROSTER]);
    }
    metric[LEFT]?.();
  }

  private isOwner(owner: Contents | undefined): boolean {
    return owner?.whose === this;
  }
}

/**
 * Warns that a metric is not shared, because another registry without a name shares a metric of the same name. Other
 * processes, or a backend, could not tell the two registries apart.
 */
function warnOfPrivate(why: string): void {
  warnOnce(
    'MPMETRICS_CONFIG',
    `${why}: that of the second is kept in this process's own memory, not ` +
      'shared. new Registry({ name }) shares it with the registries of that name, and { shared: false } says that it is ' +
      'meant so',
    'anonymous',
  );
}

/** Returns the tag of a named registry's families in the heap. */
function tagOf(name: string): string {
  // Native code gets a family as its tag and its name, separated by a NUL.
  if (name.includes('\0')) {
    throw new TypeError(`A registry's name must be without NUL, and is ${JSON.stringify(name)}`);
  }
  return NAMED + name;
}

/** Returns the name of a registry; undefined for the default registry and for those without a name. */
function nameOf(tag: string): string | undefined {
  return tag.startsWith(NAMED) ? tag.slice(NAMED.length) : undefined;
}

function isEmpty(labels: RowLabels): boolean {
  return Object.keys(labels).length === 0;
}
