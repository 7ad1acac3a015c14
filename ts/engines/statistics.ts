/**
 * The statistics of engines, as metrics of the registry that is pushed. They are in the heap, so that the counts of an
 * elected process that died are not lost.
 */

import { Counter, Gauge } from '../metrics';
import type { Registry } from '../registry';
import { now } from '../timers';

/** The statistics of all engines that this isolate started with one registry. */
class Metrics {
  readonly pushes: Counter<'engine'>;
  readonly errors: Counter<'engine' | 'reason'>;
  readonly lag: Gauge<'engine'>;

  /** @param times by engine that pushes from this isolate: when it last pushed, by the clock of {@link now} */
  constructor(
    register: Registry,
    readonly times: Map<string, number>,
  ) {
    const place = { registers: [register], ifExists: 'reuse' as const };
    // Each isolate declares all of them, because a registry without a name shows only metrics that are declared on it.
    this.pushes = new Counter({
      name: 'mpmetrics_engine_pushes_total',
      help: 'Pushes of an engine that succeeded.',
      labelNames: ['engine'],
      ...place,
    });
    this.errors = new Counter({
      name: 'mpmetrics_engine_errors_total',
      help: 'Pushes of an engine that failed, by reason.',
      labelNames: ['engine', 'reason'],
      ...place,
    });
    this.lag = new Gauge({
      name: 'mpmetrics_engine_lag_seconds',
      help: 'Seconds since the elected process last pushed, or since it was elected.',
      labelNames: ['engine'],
      aggregator: 'max',
      ...place,
    });
    if (times.size > 0) this.show();
  }

  /**
   * Makes scrapes show {@link times}. Only in isolates that were elected, because scrapes of other processes wait for
   * each isolate that has a callback.
   */
  show(): void {
    this.lag.collect = () => {
      for (const [engine, since] of this.times) this.lag.set({ engine }, (now() - since) / 1000);
    };
  }
}

const made = new WeakMap<Registry, Metrics>();

/** Returns the metrics of a registry; makes them again after `register.clear()`. */
function metricsOf(register: Registry): Metrics {
  const there = made.get(register);
  if (there !== undefined && register.getSingleMetric(there.pushes.name) === there.pushes) {
    return there;
  }
  const metrics = new Metrics(register, there?.times ?? new Map<string, number>());
  made.set(register, metrics);
  return metrics;
}

/** The statistics of one engine. */
export class Statistics {
  private readonly register: Registry;
  private readonly engine: string;

  /**
   * @param engine the name of the engine
   * @throws Error if the registry has another metric of one of the names
   */
  constructor(register: Registry, engine: string) {
    this.register = register;
    this.engine = engine;
    this.metrics.pushes.inc({ engine }, 0);
  }

  /** Notes that this isolate is elected. */
  elected(): void {
    const { metrics, engine } = this;
    if (metrics.times.has(engine)) return;
    metrics.times.set(engine, now());
    metrics.show();
  }

  /** Notes that this isolate is not elected any more. */
  left(): void {
    const { times, lag } = this.metrics;
    // Hides this isolate's part only: the gauge of the isolate that is elected next stays. The callback sets the gauges
    // of other engines again.
    if (times.delete(this.engine)) lag.reset();
  }

  /** Counts a push. */
  pushed(): void {
    const { metrics, engine } = this;
    metrics.pushes.inc({ engine });
    metrics.times.set(engine, now());
  }

  /** Counts an error. */
  failed(reason: string): void {
    this.metrics.errors.inc({ engine: this.engine, reason });
  }

  private get metrics(): Metrics {
    return metricsOf(this.register);
  }
}
