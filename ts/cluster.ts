/**
 * prom-client's registries for many processes and threads. They send no messages, listen to nothing and wait for
 * nothing but `collect` callbacks: the heap has what they show.
 */

import { isMainThread } from 'worker_threads';

import { formatOf, type PrometheusContentType, type RegistryContentType } from './exposition';
import { scopeOf, type RegistryLike, type Scope, type ScopeOptions } from './metrics';
import { contentsOf, register, Registry, Union, type Contents } from './registry';
import { heap } from './storage';

/** A registry of any Content-Type. */
type AnyRegistry = RegistryLike<RegistryContentType>;

/** Milliseconds that `shutdown()` waits by default. */
const SHUTDOWN = 5_000;

/** The registries that one kind of scrape shows, and the scrapes of that kind that are under way. */
class Aggregation {
  registries: readonly AnyRegistry[] = [register];
  readonly running = new Set<Promise<string>>();

  /** @throws TypeError for what is no registry */
  choose(given: AnyRegistry | readonly AnyRegistry[]): void {
    const chosen: readonly AnyRegistry[] = Array.isArray(given) ? given : [given as AnyRegistry];
    for (const registry of chosen) {
      if (!(registry instanceof Registry)) {
        throw new TypeError(`Expected Registry, got ${typeof registry}`);
      }
    }
    const before = this.registries;
    this.registries = chosen;
    for (const contents of before.map(holding)) {
      contents.aggregate(aggregations.some((one) => one.has(contents)));
    }
    for (const contents of chosen.map(holding)) contents.aggregate(true);
  }

  scrape(scope: Scope, contentType: RegistryContentType): Promise<string> {
    const contents = this.registries.map(holding);
    const scrape = new Union(contents, scope, formatOf(contentType)).text();
    this.running.add(scrape);
    const over = (): void => void this.running.delete(scrape);
    scrape.then(over, over);
    return scrape;
  }

  /** Waits for the scrapes that are under way, for at most so many milliseconds. */
  async drain(timeout: number): Promise<void> {
    if (this.running.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeout);
    });
    await Promise.race([Promise.allSettled(this.running), late]);
    clearTimeout(timer);
  }

  private has(contents: Contents): boolean {
    return this.registries.some((registry) => holding(registry) === contents);
  }
}

function holding(registry: AnyRegistry): Contents {
  return contentsOf(registry)!;
}

const cluster = new Aggregation();
const workers = new Aggregation();
const aggregations: readonly Aggregation[] = [cluster, workers];

/** Rejects, and does not throw, for an unknown scope. */
async function scrapeOf(
  options: ScopeOptions | undefined,
  contentType: RegistryContentType,
): Promise<string> {
  const scope = scopeOf({ scope: options?.scope ?? 'application' }, 'application');
  return cluster.scrape(scope, contentType);
}

/** The callback of `clusterMetrics()`, with any parameters that a program may have declared. */
type ClusterMetricsCallback = (...args: never[]) => void;

/** prom-client's registry for `cluster`; `ClusterRegistry` in its successor. */
export class AggregatorRegistry<
  T extends RegistryContentType = PrometheusContentType,
> extends Registry<T> {
  /**
   * Metrics of the whole application: of all processes and threads, dead ones included, whether or not they made a
   * registry of this kind. Any of them may call it.
   *
   * @param options scope
   * @returns rejects if a `collect` of this thread throws
   */
  clusterMetrics(options?: ScopeOptions): Promise<string>;
  /**
   * As before prom-client's version 13. Code for both versions passes a callback, and awaits the result if that is a
   * promise: with both it would answer twice.
   *
   * @param callback called with the error or null, and the text
   */
  clusterMetrics(callback: ClusterMetricsCallback): void;
  clusterMetrics(options?: ScopeOptions | ClusterMetricsCallback): Promise<string> | undefined {
    if (typeof options !== 'function') return scrapeOf(options, this.contentType);
    // Not within the promise, so that an exception of the callback is uncaught, as with any other callback.
    const call = (error: unknown, metrics?: string): void => {
      process.nextTick(options, error, metrics);
    };
    scrapeOf({}, this.contentType).then((metrics) => {
      call(null, metrics);
    }, call);
    return undefined;
  }

  /**
   * Waits for the `clusterMetrics()` of this thread that are under way. There is nothing to hand over, because a
   * process's counts stay when it ends.
   *
   * @param timeout milliseconds
   */
  async shutdown(timeout: number = SHUTDOWN): Promise<void> {
    await cluster.drain(timeout);
  }

  /**
   * Sets which registries `clusterMetrics()` shows instead of the default one. Their metrics are shown in all
   * processes, so it is enough to call it in workers.
   *
   * @throws TypeError for what is no registry
   */
  static setRegistries(registries: AnyRegistry | readonly AnyRegistry[]): void {
    cluster.choose(registries);
  }
}

/** The registry of prom-client's successor for `worker_threads`. */
export class WorkerRegistry<
  T extends RegistryContentType = PrometheusContentType,
> extends Registry<T> {
  /** As passed to the constructor: whether this thread coordinates the others. Nothing depends on it here. */
  readonly primary: boolean;

  constructor(contentType?: RegistryContentType, primary: boolean = isMainThread) {
    super(contentType);
    this.primary = primary;
  }

  /**
   * Metrics of all threads of this process, also of the main thread, and of threads that ended. Any of them may call
   * it.
   *
   * @param options scope: `process` (default) or `application`
   * @returns rejects if a `collect` of this thread throws
   */
  async workerMetrics(options?: ScopeOptions): Promise<string> {
    return workers.scrape(scopeOf(options, 'process'), this.contentType);
  }

  /** Waits for the `workerMetrics()` of this thread that are under way, `timeout` milliseconds at most. */
  async shutdown(timeout: number = SHUTDOWN): Promise<void> {
    await workers.drain(timeout);
  }

  /** How many other threads of this process have made a metric and live. */
  static workerCount(): number {
    return heap.siblings;
  }

  /** Sets which registries `workerMetrics()` shows; see {@link AggregatorRegistry.setRegistries}. */
  static setRegistries(registries: AnyRegistry | readonly AnyRegistry[]): void {
    workers.choose(registries);
  }
}
