/** The configuration of `collectDefaultMetrics`, and its checks. */

import { readFileSync } from 'fs';
import { inspect } from 'util';

import { MpmetricsError } from '../errors';
import type { RegistryContentType } from '../exposition';
import type { LabelValues, RegistryLike } from '../metrics';
import { contentsOf, register as defaultRegister } from '../registry';

export interface DefaultMetricsCollectorConfiguration<
  T extends RegistryContentType = RegistryContentType,
> {
  /** The registry of the metrics; the default registry if left out. */
  register?: RegistryLike<T>;
  /** Prefix of each metric's name. */
  prefix?: string;
  /** Labels for each series. */
  labels?: object;
  /** Bounds of the garbage collection histogram in seconds; 0.001, 0.01, 0.1, 1, 2 and 5 if left out. */
  gcDurationBuckets?: number[];
  /** Milliseconds between two samples of the event loop's delay; 10 if left out. */
  eventLoopMonitoringPrecision?: number;
  /** Exemplars with the active OpenTelemetry span on CPU counters; needs an OpenMetrics registry. */
  enableExemplars?: boolean;
  /** Milliseconds between two samples of the event loop's utilization; 100 if left out. */
  eventLoopUtilizationTimeout?: number;
  /** Bounds of the histogram of the event loop's utilization. */
  eventLoopUtilizationBuckets?: number[];
  /** Percentiles of the summary of the event loop's utilization, as fractions. */
  eventLoopUtilizationPercentiles?: number[];
  /** Window of that summary in seconds; 60 if left out. */
  eventLoopUtilizationMaxAgeSeconds?: number;
  /** Number of sub-windows of that summary; 5 if left out. */
  eventLoopUtilizationAgeBuckets?: number;
  /** The metrics to make: names in `metricsList`, or names of metrics without the prefix. All if left out. */
  metrics?: readonly string[];
  /** The metrics not to make, named as in `metrics`. */
  exclude?: readonly string[];
  /**
   * What to do if the registry has the metrics of an earlier call with this prefix. 'throw' (default): throw an Error.
   * 'reuse': take over their series, and end the observers and timers of the earlier call.
   */
  ifExists?: 'throw' | 'reuse';
  /**
   * True: each process has series of its own, with the labels `pid` and `worker` (on Linux the number of a cluster
   * worker; `primary` for any other process, and for all processes on other systems). The threads of a process share
   * these series: their counts are added up, and a gauge's aggregator makes one value of theirs. The two labels are
   * default labels. Gauges of a dead process are not shown any more. Its other series are removed later: when some 64
   * new processes or threads have taken the places of dead ones.
   */
  perProcess?: boolean;
  /**
   * Whether this thread reports the figures of the process: CPU, memory, descriptors, start time. If left out, one of
   * the threads that call `collectDefaultMetrics` reports them: the main thread if it calls, else the first thread that
   * does, and after that thread's end another. True: this thread reports them in any case. False: it never does.
   */
  processMetrics?: boolean;
}

/** A group of default metrics that can be chosen. */
export interface Choosable {
  /** Its name in `metricsList`. */
  readonly key: string;
  /** Names of its metrics, without a prefix. */
  readonly names: readonly string[];
}

type AnyRegistry = RegistryLike<RegistryContentType>;

/** The complete configuration. */
export interface Settings {
  readonly config: DefaultMetricsCollectorConfiguration;
  readonly register: AnyRegistry;
  /** The registry of new metrics; null for the default registry. */
  readonly registers: AnyRegistry[] | null;
  readonly prefix: string;
  readonly labels: LabelValues<string>;
  readonly processMetrics: boolean;
  /**
   * The registry's place: a text that names the segment and the registry in it. Of the threads of a process with the
   * same place, only one at a time reports the figures of the process. Null if this thread does not take turns with
   * other threads: `processMetrics` is set, or the registry is not in a segment.
   */
  readonly place: string | null;
  wants(key: string, name: string): boolean;
}

/**
 * Checks and completes the configuration.
 *
 * @param sources the groups that `metrics` and `exclude` may name
 * @throws TypeError with prom-client's message if the configuration is not an object, MpmetricsError
 *   `ERR_MPMETRICS_INVALID` for an unknown name in `metrics` or `exclude`
 */
export function settingsOf(
  given: DefaultMetricsCollectorConfiguration | null | undefined,
  sources: readonly Choosable[],
): Settings {
  if (given !== null && given !== undefined && typeof given !== 'object') {
    throw new TypeError('config must be null, undefined, or an object');
  }
  // As in prom-client, a registry in place of the configuration configures nothing: its properties are not options.
  const config = given && !isRegistry(given) ? given : {};
  const only = choice('metrics', config.metrics, sources);
  const except = choice('exclude', config.exclude, sources);
  const register = config.register || defaultRegister;
  let registers: AnyRegistry[] | null = config.register ? [config.register] : null;
  let labels = { ...config.labels };
  if (config.perProcess === true) {
    const process = processLabels();
    const part = contentsOf(register)?.part(process) ?? null;
    if (part === null) labels = { ...labels, ...process };
    else registers = [part as unknown as AnyRegistry];
  }
  return {
    config,
    register,
    registers,
    prefix: config.prefix || '',
    labels,
    processMetrics: config.processMetrics !== false,
    // A registry of another package has no contents, and so no place.
    place: config.processMetrics === undefined ? (contentsOf(register)?.place ?? null) : null,
    wants: (key, name) =>
      (only === null || only.has(key) || only.has(name)) &&
      !(except !== null && (except.has(key) || except.has(name))),
  };
}

/** True for a registry of this package or any other. */
function isRegistry(one: object): boolean {
  const { registerMetric, getSingleMetric } = one as Partial<AnyRegistry>;
  return typeof registerMetric === 'function' && typeof getSingleMetric === 'function';
}

function choice(
  option: string,
  given: unknown,
  sources: readonly Choosable[],
): ReadonlySet<string> | null {
  if (given === undefined) return null;
  if (!Array.isArray(given)) throw invalid(`${option} must be an array, and is ${inspect(given)}`);
  const known = new Set(sources.flatMap(({ key, names }) => [key, ...names]));
  for (const name of given as unknown[]) {
    if (known.has(name as string)) continue;
    const keys = sources.map(({ key }) => key).join(', ');
    throw invalid(
      `${option} must name default metrics, and has ${inspect(name)}; there are ${keys}, and the metrics' own names`,
    );
  }
  return new Set(given as string[]);
}

function processLabels(): { pid: string; worker: string } {
  return { pid: String(process.pid), worker: workerNumber() ?? 'primary' };
}

/** The number of this cluster worker; undefined in any other process, and on other systems than Linux. */
function workerNumber(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  // Node.js deletes the variable from `process.env`, but /proc shows the variables with which the process was started.
  // The module `cluster` has the number in the main thread only, and some hosts do not tolerate its import (Passenger).
  try {
    return /(?:^|\0)NODE_UNIQUE_ID=(\d+)/.exec(readFileSync('/proc/self/environ', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function invalid(message: string): MpmetricsError {
  return new MpmetricsError('ERR_MPMETRICS_INVALID', `collectDefaultMetrics: ${message}`);
}
