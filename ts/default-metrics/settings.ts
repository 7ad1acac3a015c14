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
  /** The default registry if left out. */
  register?: RegistryLike<T>;
  /** Put before each name. */
  prefix?: string;
  /** Labels for each series. */
  labels?: object;
  /** Seconds; 0.001, 0.01, 0.1, 1, 2 and 5 if left out. */
  gcDurationBuckets?: number[];
  /** Milliseconds between two samples of the event loop's delay; 10 if left out. */
  eventLoopMonitoringPrecision?: number;
  /** Exemplars with the active OpenTelemetry span on CPU counters; needs an OpenMetrics registry. */
  enableExemplars?: boolean;
  /** Milliseconds between two samples of the event loop's utilization; 100 if left out. */
  eventLoopUtilizationTimeout?: number;
  /** Upper bounds of its histogram. */
  eventLoopUtilizationBuckets?: number[];
  /** Of its summary. */
  eventLoopUtilizationPercentiles?: number[];
  /** Of its summary, seconds; 60 if left out. */
  eventLoopUtilizationMaxAgeSeconds?: number;
  /** Of its summary; 5 if left out. */
  eventLoopUtilizationAgeBuckets?: number;
  /** Only these: names in `metricsList`, or of metrics without the prefix. */
  metrics?: readonly string[];
  /** All but these: as for `metrics`. */
  exclude?: readonly string[];
  /** 'reuse': an earlier call with this registry and prefix ends, and its metrics go on. Default 'throw'. */
  ifExists?: 'throw' | 'reuse';
  /**
   * True for series of each process, with labels `pid` and `worker`: a cluster worker's number, `primary` for any other
   * process. Threads add up to their process. They are default labels: series of dead processes are removed.
   */
  perProcess?: boolean;
  /**
   * Whether this thread reports figures of the whole process: CPU, memory, descriptors, start time. By default one of
   * the threads that call does: the main thread if it is among them, else the first, and another when that ends. True
   * reports them in any case.
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
  /** Decides which of the process's threads reports figures of the process; null if this one does in any case. */
  readonly place: string | null;
  wants(key: string, name: string): boolean;
}

/**
 * Checks the configuration.
 *
 * @param sources what can be chosen
 * @throws TypeError with prom-client's message for what is no object, MpmetricsError `ERR_MPMETRICS_INVALID` for an
 *   unknown choice
 */
export function settingsOf(
  given: DefaultMetricsCollectorConfiguration | null | undefined,
  sources: readonly Choosable[],
): Settings {
  if (given !== null && given !== undefined && typeof given !== 'object') {
    throw new TypeError('config must be null, undefined, or an object');
  }
  // A registry in place of the settings sets nothing, as in prom-client: its properties are no settings.
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
    // A registry of another package has none.
    place: config.processMetrics === undefined ? (contentsOf(register)?.place ?? null) : null,
    wants: (key, name) =>
      (only === null || only.has(key) || only.has(name)) &&
      !(except !== null && (except.has(key) || except.has(name))),
  };
}

/** Whether this is a registry, of this package or any other. */
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

/** The number of this cluster worker; undefined in any other process. */
function workerNumber(): string | undefined {
  // The main thread deletes it from the environment, but it is still in the one that the process was started with.
  // Importing `cluster` would help in the main thread only, and some hosts do not tolerate that (Passenger).
  try {
    return /(?:^|\0)NODE_UNIQUE_ID=(\d+)/.exec(readFileSync('/proc/self/environ', 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

function invalid(message: string): MpmetricsError {
  return new MpmetricsError('ERR_MPMETRICS_INVALID', `collectDefaultMetrics: ${message}`);
}
