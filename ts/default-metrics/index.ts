/** Metrics of the process and of Node.js, which a program need not make itself. */

import { mostDescriptors, openDescriptors } from './descriptors';
import { handles, requests, resources } from './active';
import { cpu } from './cpu';
import { eventLoopLag } from './event-loop-lag';
import { eventLoopUtilization } from './event-loop-utilization';
import { gc } from './gc';
import { Group, type Source } from './group';
import { heap } from './heap';
import { heapSpaces } from './heap-spaces';
import { memory } from './memory';
import { settingsOf, type DefaultMetricsCollectorConfiguration } from './settings';
import type { RegistryContentType } from '../exposition';
import type { RegistryLike } from '../metrics';
import { startTime } from './start-time';
import { nodeVersion } from './version';

export { className, countTypes, showTypes } from './active';
export type { DefaultMetricsCollectorConfiguration } from './settings';
export { memoryUsage, residentBytes } from './usage';

/** In prom-client's order, which is the order of the output. */
const SOURCES: readonly Source[] = [
  cpu,
  startTime,
  memory,
  openDescriptors,
  mostDescriptors,
  eventLoopLag,
  eventLoopUtilization,
  resources,
  handles,
  requests,
  heap,
  heapSpaces,
  nodeVersion,
  gc,
];

/** A function that is also declared as void, as in prom-client, because users pass its result on. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- there is no other way to say it
type Stop = (() => void) & void;

/**
 * Makes the default metrics and keeps them set. Call it in every process and thread that is to report: values of
 * a thread (heap, event loop, garbage collection, resources) are reported by each, those of a process (CPU,
 * memory, descriptors, start time) by its main thread, or while that does not call, by one of its worker threads.
 *
 * Observers and timers do not keep the process alive. They end when their metrics are removed from the registry.
 *
 * @param config everything in it is optional
 * @returns a function that ends observers and timers, and removes this process's part of the metrics from the registry,
 *   also its counts
 * @throws TypeError `config must be null, undefined, or an object`; MpmetricsError `ERR_MPMETRICS_INVALID` for an
 *   unknown name in `metrics` or `exclude`; Error if the registry has a metric of one of the names
 */
export function collectDefaultMetrics(config?: DefaultMetricsCollectorConfiguration | null): Stop {
  const settings = settingsOf(config, SOURCES);
  const groups: Group[] = [];
  for (const source of SOURCES) {
    if (source.ofProcess === true && !settings.processMetrics) continue;
    const group = new Group(source, settings);
    groups.push(group);
    try {
      source.start(group);
    } catch (error) {
      // As in prom-client, metrics that were made before stay and go on.
      group.release();
      throw error;
    }
  }
  const stop = (): void => {
    for (const group of groups) group.stop();
  };
  return stop as Stop;
}

/** Names of the groups of metrics. */
collectDefaultMetrics.metricsList = SOURCES.map(({ key }) => key);

/** Makes one group of metrics; returns a function that ends it. */
type Start = (
  register?: RegistryLike<RegistryContentType>,
  config?: Omit<DefaultMetricsCollectorConfiguration, 'register'>,
) => () => void;

/** A group of metrics by itself, with their names without a prefix. */
export type DefaultMetric = Start & { readonly metricNames: readonly string[] };

/**
 * A function that makes one group of metrics, for programs that want only some.
 *
 * @param key as in `collectDefaultMetrics.metricsList`
 */
export function defaultMetric(key: string): DefaultMetric {
  const { names } = SOURCES.find((source) => source.key === key)!;
  const start: Start = (register, config) =>
    collectDefaultMetrics({ ...config, ...(register && { register }), metrics: [key] });
  return Object.assign(start, { metricNames: names });
}
