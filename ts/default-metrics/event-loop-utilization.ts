/** The fraction of time that the event loop is busy, sampled. */

import { performance } from 'perf_hooks';

import type { Source } from './group';
import { now, unref } from '../timers';

const SUMMARY = 'nodejs_eventloop_utilization_summary';
const HISTOGRAM = 'nodejs_eventloop_utilization_histogram';
const HELP =
  'Ratio of time the event loop is not idling in the event provider to the total time the event loop is running.';

const PERCENTILES = [0.01, 0.05, 0.5, 0.9, 0.95, 0.99, 0.999];
const BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99, 1];

// The original functions: users' tests replace the global ones by fake timers, and running all fake timers would never
// end with this interval.
const { setInterval, clearInterval } = globalThis;

export const eventLoopUtilization: Source = {
  key: 'eventLoopUtilization',
  names: [SUMMARY, HISTOGRAM],
  start(group) {
    const { config } = group.settings;
    const summary = group.summary(SUMMARY, HELP, {
      maxAgeSeconds: config.eventLoopUtilizationMaxAgeSeconds ?? 60,
      ageBuckets: config.eventLoopUtilizationAgeBuckets ?? 5,
      percentiles: config.eventLoopUtilizationPercentiles ?? PERCENTILES,
    });
    const buckets = config.eventLoopUtilizationBuckets ?? BUCKETS;
    const histogram = group.histogram(HISTOGRAM, HELP, buckets);
    if (!group.going) return;

    const interval = config.eventLoopUtilizationTimeout ?? 100;
    let last = performance.eventLoopUtilization();
    let at = now();
    const timer = setInterval(() => {
      const [before, since] = [last, at];
      last = performance.eventLoopUtilization();
      at = now();
      const { utilization } = performance.eventLoopUtilization(last, before);
      // Node.js divides by the time that has passed for the event loop, which is 0 before the loop has started.
      if (Number.isNaN(utilization)) return;
      // If the event loop was blocked, several samples were due: this one counts for each of them.
      for (let due = Math.round((at - since) / interval); due > 0; due--) {
        summary?.observe(group.labels, utilization);
        histogram?.observe(group.labels, utilization);
      }
    }, interval);
    unref(timer);
    group.onStop(() => {
      clearInterval(timer);
    });
  },
};
