/**
 * The library's own metrics: how full the shared memory is, how many writers it has, how much was dropped. The heap has
 * the figures of all metrics but the histogram of scrapes. Native code adds each figure to a scrape once, whichever
 * processes declare the metric. A metric is in memory storage if there is no heap or the heap refused it. Native code
 * does not know such a metric, so a callback sets it: to the heap's figure, or to this thread's own if there is no
 * heap.
 */

import { backendFailures, OPERATIONS } from './backends';
import {
  FIGURE,
  Counter,
  Gauge,
  Histogram,
  ROSTER,
  type Aggregator,
  type GaugeConfiguration,
  type RegistryLike,
} from './metrics';
import { cellsInUse, configured } from './meeting';
import type { HeapStats } from './native';
import type { RegistryContentType } from './exposition';
import { contentsOf, register as defaultRegister } from './registry';
import { heap, memoryFigures, memorySeries, REFUSALS } from './storage';

/** The options of {@link collectLibraryMetrics}. */
export interface LibraryMetricsConfiguration {
  /** The registry that shows the metrics; the default registry if left out. */
  register?: RegistryLike<RegistryContentType>;
  /** The prefix of the metrics' names, before `mpmetrics_`. */
  prefix?: string;
}

/** Figures of the heap, or of this thread's memory storage if there is no heap. */
type Figures = Omit<HeapStats, 'path' | 'origin' | 'memoryBacked' | 'slots' | 'tornRetries'>;

/** A metric with one value. */
interface Single {
  readonly name: string;
  readonly help: string;
  /** The name of the figure in native code; see `scrape/own.rs`. */
  readonly figure: string;
  readonly value: (figures: Figures) => number;
}

const GAUGES: readonly Single[] = [
  {
    name: 'heap_used_bytes',
    help: 'Bytes of the shared memory that are handed out.',
    figure: 'used_bytes',
    value: ({ usedBytes }) => usedBytes,
  },
  {
    name: 'heap_reserved_bytes',
    help: "Bytes of memory that the shared memory's file takes up.",
    figure: 'reserved_bytes',
    value: ({ reservedBytes }) => reservedBytes,
  },
  {
    name: 'heap_limit_bytes',
    help: 'Bytes that the shared memory may have at most.',
    figure: 'limit_bytes',
    value: ({ limitBytes }) => limitBytes,
  },
  {
    name: 'series',
    help: 'Series in the shared memory, and by name those of the ten metrics with most series.',
    figure: 'series',
    value: ({ series }) => series,
  },
  {
    name: 'families',
    help: 'Metrics that were ever declared, a name with two shapes counting twice.',
    figure: 'families',
    value: ({ families }) => families,
  },
  {
    name: 'writers',
    help: 'Processes and worker threads that hold metrics now.',
    figure: 'writers',
    value: ({ living }) => living,
  },
];

const COUNTERS: readonly Single[] = [
  {
    name: 'adoptions_total',
    help: 'Dead processes and threads whose counts a new one took over.',
    figure: 'adoptions',
    value: ({ adoptions }) => adoptions,
  },
  {
    name: 'removed_series_total',
    help: 'Series that were removed.',
    figure: 'removed',
    value: ({ removed }) => removed,
  },
  {
    name: 'dropped_lives_total',
    help: "Ended processes and threads that a metric with dead: 'keep' does not show any more, summed over such metrics.",
    figure: 'dropped_lives',
    value: ({ droppedLives }) => droppedLives,
  },
  {
    name: 'dropped_exemplars_total',
    help: 'Exemplars that were not recorded, for want of a lock or of memory.',
    figure: 'dropped_exemplars',
    value: ({ droppedExemplars }) => droppedExemplars,
  },
  {
    name: 'unranked_observations_total',
    help: 'Observations of summaries that are in sum and count and in no quantile, for want of memory.',
    figure: 'unranked_observations',
    value: ({ unrankedObservations }) => unrankedObservations,
  },
  {
    name: 'clamped_observations_total',
    help: 'Observations of summaries that count in the nearest bucket: their series had 64 octaves already.',
    figure: 'clamped_observations',
    value: ({ clampedObservations }) => clampedObservations,
  },
  {
    name: 'damaged_reads_total',
    help: 'Metrics and series that a scrape left out: their names, labels or cells in the shared memory are damaged.',
    figure: 'damaged_reads',
    value: ({ damagedReads }) => damagedReads,
  },
  {
    name: 'torn_reads_total',
    help: 'Histograms and summaries that a scrape could not read all of at one moment.',
    figure: 'torn_reads',
    value: ({ tornGivenUp }) => tornGivenUp,
  },
  {
    name: 'collect_timeouts_total',
    help: 'Processes and threads whose collect callbacks a scrape did not wait for any longer.',
    figure: 'collect_timeouts',
    value: ({ collectTimeouts }) => collectTimeouts,
  },
  {
    name: 'lock_timeouts_total',
    help: 'Times that the lock for new series could not be taken in time.',
    figure: 'lock_timeouts',
    value: ({ lockTimeouts }) => lockTimeouts,
  },
  {
    name: 'recoveries_total',
    help: 'Times that the shared memory was repaired after the holder of the lock for new series had died.',
    figure: 'recoveries',
    value: ({ recoveries }) => recoveries,
  },
];

/** How many metrics the gauge of series shows by name: those with most series. Native code has the same number. */
const LARGEST = 10;

/** Seconds: a scrape that waits for callbacks takes up to `collectTimeout`, 0.25 unless configured. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * Makes the library's own metrics: `mpmetrics_heap_used_bytes`, `mpmetrics_series`, `mpmetrics_writers`,
 * `mpmetrics_dropped_updates_total` and others; the README lists them. Calling it in one process of an application is
 * enough; if all call it, the metrics exist as long as any of these processes lives.
 *
 * @param config everything in it is optional
 * @returns a function that removes the metrics from this thread's registry
 * @throws Error if the registry has a metric of one of the names, or a prefix makes a name invalid
 */
export function collectLibraryMetrics(config: LibraryMetricsConfiguration = {}): () => void {
  const { register = defaultRegister, prefix = '' } = config;
  const registers = [register];
  const names: string[] = [];
  const named = (name: string): string => {
    names.push(`${prefix}mpmetrics_${name}`);
    return names.at(-1)!;
  };
  const aggregator = (figure: string): Aggregator => `${FIGURE}${figure}` as Aggregator;
  for (const { name, help, figure, value } of GAUGES) {
    const config = { name: named(name), help, registers, aggregator: aggregator(figure) };
    if (figure === 'series') {
      addSeries(config, value);
      continue;
    }
    const gauge = new Gauge(config);
    fallBack(gauge, () => {
      gauge.set(value(figures()));
    });
  }
  for (const { name, help, figure, value } of COUNTERS) {
    const config = { name: named(name), help, registers, aggregator: aggregator(figure) };
    const counter = new Counter(config);
    const grow = growing((by) => {
      counter.inc(by);
    });
    fallBack(counter, () => {
      grow(value(figures()));
    });
  }
  const dropped = new Counter({
    name: named('dropped_updates_total'),
    help: 'Updates of series that were refused, and new metrics that could not be shown at zero.',
    labelNames: ['reason'],
    registers,
    aggregator: aggregator('dropped'),
  });
  const grow = REFUSALS.map((reason) => {
    dropped.inc({ reason }, 0);
    return growing((by) => {
      dropped.inc({ reason }, by);
    });
  });
  fallBack(dropped, () => {
    for (const [refusal, count] of figures().dropped.entries()) grow[refusal]!(count);
  });
  if (cellsInUse() !== null) addBackendErrors(named('backend_errors_total'), registers);
  const duration = new Histogram({
    name: named('scrape_duration_seconds'),
    help: 'Seconds that scrapes of this registry took, from the call to the text.',
    buckets: DURATION_BUCKETS,
    registers,
  });
  const scraped = contentsOf(register)?.scraped;
  const tell = (seconds: number): void => {
    duration.observe(seconds);
  };
  scraped?.add(tell);
  return () => {
    scraped?.delete(tell);
    for (const name of names) register.removeSingleMetric(name);
  };
}

/** Makes the gauge that shows the number of all series, and those of the metrics with most series. */
function addSeries(
  config: GaugeConfiguration<'metric'>,
  value: (figures: Figures) => number,
): void {
  const gauge = new Gauge({ ...config, labelNames: ['metric'] });
  gauge.set(0);
  fallBack(gauge, () => {
    gauge.reset();
    gauge.set(value(figures()));
    const all = [...memorySeries].sort(
      ([one, few], [other, many]) => many - few || (one < other ? -1 : 1),
    );
    // Rows that the limit refuses would count as dropped updates.
    const most = Math.min(LARGEST, (configured().maxSeriesPerMetric ?? Infinity) - 1);
    for (const [metric, count] of all.slice(0, most)) gauge.set({ metric }, count);
  });
}

/** Makes the counter of failures of a backend of the user's own. It is in memory storage, whatever the backend does. */
function addBackendErrors(name: string, registers: RegistryLike<RegistryContentType>[]): void {
  const counter = new Counter({
    name,
    help: "Calls of the metrics' backend that failed.",
    labelNames: ['operation'],
    registers,
    aggregator: `${FIGURE}backend_errors` as Aggregator,
  });
  const grow = OPERATIONS.map((operation) => {
    counter.inc({ operation }, 0);
    return growing((by) => {
      counter.inc({ operation }, by);
    });
  });
  counter.collect = () => {
    for (const [i, operation] of OPERATIONS.entries()) grow[i]!(backendFailures[operation]);
  };
}

/** Gives a metric that is not in the heap a callback that sets it, because native code does not know such a metric. */
function fallBack(
  metric: Gauge | Gauge<'metric'> | Counter<'reason'> | Counter,
  set: () => void,
): void {
  if (metric[ROSTER].family.others === null) metric.collect = set;
}

/** Makes a counter follow a figure that only grows. */
function growing(add: (by: number) => void): (figure: number) => void {
  let known = 0;
  return (figure) => {
    if (figure > known) add(figure - known);
    known = figure;
  };
}

function figures(): Figures {
  const none = { reservedBytes: 0, usedBytes: 0, limitBytes: 0, families: 0, living: 1 };
  const never = { adoptions: 0, lockTimeouts: 0, removed: 0, recoveries: 0, collectTimeouts: 0 };
  const nothing = {
    tornGivenUp: 0,
    droppedLives: 0,
    droppedExemplars: 0,
    damagedReads: 0,
  };
  return heap.figures() ?? { ...none, ...never, ...nothing, ...memoryFigures };
}
