/** The default metrics: figures of the process and of Node.js. */

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

/** All sources, in the order in which prom-client prints their metrics. */
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

/** A function that is also declared as void, as in prom-client: users' code may return it where void is declared. */
// eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- there is no other way to say it
type Stop = (() => void) & void;

/**
 * Makes the default metrics and keeps their values up to date. Call it in every process and thread that should report:
 *
 * - Each thread reports its own figures: heap, event loop, garbage collection, resources.
 * - One thread reports the figures of its process (CPU, memory, descriptors, start time): the main thread if it calls
 *   this function, else one of the worker threads that do.
 *
 * Observers and timers do not keep the process alive. They end when their metrics are removed from the registry.
 *
 * @param config all of its properties are optional
 * @returns a function that ends observers and timers, and removes the metrics from this thread's registry. A scrape
 *   then no longer shows this thread's part of them, not even its counts
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
      // As in prom-client, the metrics of the sources before this one stay, and are kept up to date.
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

/** A function that makes one group of metrics, with the names of these metrics without a prefix. */
export type DefaultMetric = Start & { readonly metricNames: readonly string[] };

/**
 * Returns a function that makes one group of metrics, for programs that want only some.
 *
 * @param key a name in `collectDefaultMetrics.metricsList`
 */
export function defaultMetric(key: string): DefaultMetric {
  const { names } = SOURCES.find((source) => source.key === key)!;
  const start: Start = (register, config) =>
    collectDefaultMetrics({ ...config, ...(register && { register }), metrics: [key] });
  return Object.assign(start, { metricNames: names });
}
