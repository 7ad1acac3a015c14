/**
 * prom-client's registries for many processes and threads. They send no messages, listen to nothing and
 * have nothing to wait for but `collect` callbacks: what they show lies in the shared heap.
 */

import { isMainThread } from 'worker_threads';

import { formatOf, type PrometheusContentType, type RegistryContentType } from './exposition';
import { scopeOf, type RegistryLike, type Scope, type ScopeOptions } from './metrics';
import { contentsOf, register, Registry, Union, type Contents } from './registry';
import { heap } from './storage';

/** A registry of any Content-Type. */
type AnyRegistry = RegistryLike<RegistryContentType>;

/** Milliseconds that `shutdown()` waits, unless told. */
const SHUTDOWN = 5_000;

/** The registries that one kind of scrape shows, and the scrapes of that kind that are under way. */
class Aggregation {
  registries: readonly AnyRegistry[] = [register];
  readonly running = new Set<Promise<string>>();

  /** @throws TypeError for anything that is no registry */
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

  /** Waits for the scrapes that are under way, no longer than the milliseconds. */
  async settle(timeout: number): Promise<void> {
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

/** Rejects, and does not throw, for a scope that there is not. */
async function scrapeOf(
  options: ScopeOptions | undefined,
  contentType: RegistryContentType,
): Promise<string> {
  const scope = scopeOf({ scope: options?.scope ?? 'application' }, 'application');
  return cluster.scrape(scope, contentType);
}

/** What `clusterMetrics()` calls, of any parameters that a program may have declared. */
type ClusterMetricsCallback = (...args: never[]) => void;

/** prom-client's registry for `cluster`; `ClusterRegistry` in its successor. */
export class AggregatorRegistry<
  T extends RegistryContentType = PrometheusContentType,
> extends Registry<T> {
  /**
   * Metrics of the whole application: of all processes and threads, whether or not they made a registry of
   * this kind, and of the dead. Callable in any of them.
   *
   * @param options scope
   * @returns rejects if a `collect` of this thread throws
   */
  clusterMetrics(options?: ScopeOptions): Promise<string>;
  /**
   * The same as before prom-client's version 13. Code that does not know which version it has calls back or
   * awaits, by whether there is a promise: with both it would answer twice.
   *
   * @param callback called with the error or null, and the text
   */
  clusterMetrics(callback: ClusterMetricsCallback): void;
  clusterMetrics(options?: ScopeOptions | ClusterMetricsCallback): Promise<string> | undefined {
    if (typeof options !== 'function') return scrapeOf(options, this.contentType);
    // Not within the promise: what a callback throws is its caller's, as with any other.
    const call = (error: unknown, metrics?: string): void => {
      process.nextTick(options, error, metrics);
    };
    scrapeOf({}, this.contentType).then((metrics) => {
      call(null, metrics);
    }, call);
    return undefined;
  }

  /**
   * Waits for the `clusterMetrics()` of this thread that are under way. There is nothing to hand over: what a
   * process counted stays when it ends.
   *
   * @param timeout milliseconds
   */
  async shutdown(timeout: number = SHUTDOWN): Promise<void> {
    await cluster.settle(timeout);
  }

  /**
   * Sets which registries `clusterMetrics()` shows instead of the default one. What lies on them is shown in
   * all processes, so it may be called in workers only.
   *
   * @throws TypeError for anything that is no registry
   */
  static setRegistries(registries: AnyRegistry | readonly AnyRegistry[]): void {
    cluster.choose(registries);
  }
}

/** The registry of prom-client's successor for `worker_threads`. */
export class WorkerRegistry<
  T extends RegistryContentType = PrometheusContentType,
> extends Registry<T> {
  /** As given to the constructor: whether this thread coordinates the others. Nothing depends on it here. */
  readonly primary: boolean;

  constructor(contentType?: RegistryContentType, primary: boolean = isMainThread) {
    super(contentType);
    this.primary = primary;
  }

  /**
   * Metrics of all threads of this process, the main thread's too, and of those that ended. Callable in any
   * of them.
   *
   * @param options scope: `process` (default) or `application`
   * @returns rejects if a `collect` of this thread throws
   */
  async workerMetrics(options?: ScopeOptions): Promise<string> {
    return workers.scrape(scopeOf(options, 'process'), this.contentType);
  }

  /** Waits for the `workerMetrics()` of this thread that are under way, `timeout` milliseconds at most. */
  async shutdown(timeout: number = SHUTDOWN): Promise<void> {
    await workers.settle(timeout);
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
