/**
 * prom-client's registries for many processes and threads. They read the heap, which has the metrics of all processes,
 * so they need no messages between processes; they wait only for `collect` callbacks.
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

  /** @throws TypeError if an argument is no registry */
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

  scrape(scope: Scope, by: Registry<RegistryContentType>): Promise<string> {
    const contents = this.registries.map(holding);
    const format = formatOf(by.contentType);
    const scrape = new Union(contents, scope, format, holding(by).prefix).text();
    this.running.add(scrape);
    const over = (): void => void this.running.delete(scrape);
    scrape.then(over, over);
    return scrape;
  }

  /** Waits for the scrapes that are under way, for `timeout` milliseconds at most. */
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

/** Scrapes for `clusterMetrics()`. If the scope is unknown, it rejects and does not throw. */
async function scrapeOf(
  options: ScopeOptions | undefined,
  by: Registry<RegistryContentType>,
): Promise<string> {
  const scope = scopeOf({ scope: options?.scope ?? 'application' }, 'application');
  return cluster.scrape(scope, by);
}

/** The callback of `clusterMetrics()`. The type allows the parameters of any program's callback. */
type ClusterMetricsCallback = (...args: never[]) => void;

/** prom-client's registry for `cluster`; `ClusterRegistry` in its successor. */
export class AggregatorRegistry<
  T extends RegistryContentType = PrometheusContentType,
> extends Registry<T> {
  /**
   * Metrics of the whole application: of all its processes and threads, dead ones included, whether or not they made an
   * `AggregatorRegistry`. Any process and thread may call it.
   *
   * @param options scope
   * @returns rejects if a `collect` of this thread throws
   */
  clusterMetrics(options?: ScopeOptions): Promise<string>;
  /**
   * The signature of prom-client before version 13. It returns no promise. Programs that support both signatures pass a
   * callback, and also await the result if it is a promise: with a promise, they would answer a request twice.
   *
   * @param callback called with the error or null, and the text
   */
  clusterMetrics(callback: ClusterMetricsCallback): void;
  clusterMetrics(options?: ScopeOptions | ClusterMetricsCallback): Promise<string> | undefined {
    if (typeof options !== 'function') return scrapeOf(options, this);
    // Calls outside of the promise, so that an exception of the callback is an uncaught exception, not a rejection.
    const call = (error: unknown, metrics?: string): void => {
      process.nextTick(options, error, metrics);
    };
    scrapeOf({}, this).then((metrics) => {
      call(null, metrics);
    }, call);
    return undefined;
  }

  /**
   * Waits for calls of `clusterMetrics()` in this thread that are under way. It has nothing else to do, because the
   * counts of a process stay in the heap when it ends.
   *
   * @param timeout milliseconds
   */
  async shutdown(timeout: number = SHUTDOWN): Promise<void> {
    await cluster.drain(timeout);
  }

  /**
   * Sets which registries `clusterMetrics()` shows in this thread, instead of the default one. If one of these
   * registries is shared and has no name, `clusterMetrics()` of other processes shows it, too: for such a registry, a
   * call in the workers is enough.
   *
   * @throws TypeError if an argument is no registry
   */
  static setRegistries(registries: AnyRegistry | readonly AnyRegistry[]): void {
    cluster.choose(registries);
  }
}

/** The registry of prom-client's successor for `worker_threads`. */
export class WorkerRegistry<
  T extends RegistryContentType = PrometheusContentType,
> extends Registry<T> {
  /** The constructor's argument: whether this thread coordinates the others. This package does not use it. */
  readonly primary: boolean;

  constructor(contentType?: RegistryContentType, primary: boolean = isMainThread) {
    super(contentType);
    this.primary = primary;
  }

  /**
   * Metrics of all threads of this process, including the main thread and threads that ended. Any thread may call it.
   *
   * @param options scope: `process` (default), `application` or `thread`
   * @returns rejects if a `collect` of this thread throws
   */
  async workerMetrics(options?: ScopeOptions): Promise<string> {
    return workers.scrape(scopeOf(options, 'process'), this);
  }

  /** Waits for calls of `workerMetrics()` in this thread that are under way, for `timeout` milliseconds at most. */
  async shutdown(timeout: number = SHUTDOWN): Promise<void> {
    await workers.drain(timeout);
  }

  /** Returns how many other threads of this process are alive and have made a metric. */
  static workerCount(): number {
    return heap.siblings;
  }

  /** Sets which registries `workerMetrics()` shows; see {@link AggregatorRegistry.setRegistries}. */
  static setRegistries(registries: AnyRegistry | readonly AnyRegistry[]): void {
    workers.choose(registries);
  }
}
