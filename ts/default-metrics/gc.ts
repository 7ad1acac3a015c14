/** Garbage collection of this thread. */

import { constants, PerformanceObserver, type PerformanceEntry } from 'perf_hooks';

import type { Source } from './group';

const NAME = 'nodejs_gc_duration_seconds';
const BUCKETS = [0.001, 0.01, 0.1, 1, 2, 5];

/** Returns the kinds of collections by their numbers. */
function kinds(): ReadonlyMap<number, string> {
  return new Map([
    [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
    [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
    [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
    [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
  ]);
}

/** Further properties of an entry of type `gc`. */
interface Collection extends PerformanceEntry {
  detail: { kind: number };
}

export const gc: Source = {
  key: 'gc',
  names: [NAME],
  start(group) {
    const histogram = group.histogram(
      NAME,
      'Garbage collection duration by kind, one of major, minor, incremental or weakcb.',
      group.settings.config.gcDurationBuckets || BUCKETS,
      { own: ['kind'] },
    );
    if (histogram === undefined) return;
    const known = kinds();
    const observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Collection[]) {
        const kind = known.get(entry.detail.kind);
        if (kind !== undefined) histogram.observe({ kind, ...group.labels }, entry.duration / 1000);
      }
    });
    observer.observe({ entryTypes: ['gc'] });
    group.onStop(() => {
      observer.disconnect();
    });
  },
};
