/** The delay of the event loop. */

import { monitorEventLoopDelay, type IntervalHistogram } from 'perf_hooks';

import { codeOf } from '../errors';
import type { Source } from './group';

const LAG = 'nodejs_eventloop_lag_seconds';
const MIN = 'nodejs_eventloop_lag_min_seconds';
const MAX = 'nodejs_eventloop_lag_max_seconds';
const MEAN = 'nodejs_eventloop_lag_mean_seconds';
const STDDEV = 'nodejs_eventloop_lag_stddev_seconds';
const P50 = 'nodejs_eventloop_lag_p50_seconds';
const P90 = 'nodejs_eventloop_lag_p90_seconds';
const P99 = 'nodejs_eventloop_lag_p99_seconds';

export const eventLoopLag: Source = {
  key: 'eventLoopLag',
  names: [LAG, MIN, MAX, MEAN, STDDEV, P50, P90, P99],
  start(group) {
    const average = { aggregator: 'average' } as const;
    const lag = group.gauge(LAG, 'Lag of event loop in seconds.', average);
    const min = group.gauge(MIN, 'The minimum recorded event loop delay.', { aggregator: 'min' });
    const max = group.gauge(MAX, 'The maximum recorded event loop delay.', { aggregator: 'max' });
    const mean = group.gauge(MEAN, 'The mean of the recorded event loop delays.', average);
    const stddev = group.gauge(
      STDDEV,
      'The standard deviation of the recorded event loop delays.',
      average,
    );
    const percentile = (nth: number): string =>
      `The ${nth}th percentile of the recorded event loop delays.`;
    const p50 = group.gauge(P50, percentile(50), average);
    const p90 = group.gauge(P90, percentile(90), average);
    const p99 = group.gauge(P99, percentile(99), average);
    if (!group.going) return;
    const delays = monitor(group.settings.config.eventLoopMonitoringPrecision);
    if (delays !== null) {
      group.onStop(() => {
        delays.disable();
      });
    }
    let sampled = false;
    group.collect(() => {
      const { labels } = group;
      const start = process.hrtime();
      setImmediate(() => {
        if (!group.going) return;
        const [whole, rest] = process.hrtime(start);
        lag?.set(labels, whole + rest / 1e9);
      });
      if (delays === null) return;
      // The gauges are 0 before the monitor's first sample, and keep their last values if a scrape finds no new sample.
      // (The monitor itself would return 9.2e18 ns as the minimum, and NaN as the mean.)
      const none = delays.count === 0;
      if (none && sampled) return;
      sampled = !none;
      const seconds = (nanoseconds: number): number => (none ? 0 : nanoseconds / 1e9);
      min?.set(labels, seconds(delays.min));
      max?.set(labels, seconds(delays.max));
      mean?.set(labels, seconds(delays.mean));
      stddev?.set(labels, seconds(delays.stddev));
      p50?.set(labels, seconds(delays.percentile(50)));
      p90?.set(labels, seconds(delays.percentile(90)));
      p99?.set(labels, seconds(delays.percentile(99)));
      delays.reset();
    });
  },
};

/** Starts a monitor of the event loop's delay; returns null if the runtime has none. */
function monitor(resolution: number | undefined): IntervalHistogram | null {
  try {
    const delays = monitorEventLoopDelay({ resolution: resolution ?? 10 });
    delays.enable();
    return delays;
  } catch (error) {
    if (codeOf(error) === 'ERR_NOT_IMPLEMENTED') return null;
    throw error;
  }
}
