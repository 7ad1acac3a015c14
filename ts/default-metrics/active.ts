/** Numbers of active resources, which keep the event loop alive, and of libuv's handles and requests. */

import type { LabelValues } from '../metrics';
import type { Group, Source } from './group';

/** Functions of `process`, two of them undocumented, which other runtimes may not have. */
interface Listing {
  getActiveResourcesInfo?: () => string[];
  _getActiveHandles?: () => unknown[];
  _getActiveRequests?: () => unknown[];
}

export const resources: Source = source({
  key: 'processResources',
  name: 'nodejs_active_resources',
  help: 'Number of active resources that are currently keeping the event loop alive, grouped by async resource type.',
  total: 'Total number of active resources.',
  list: () => (process as Listing).getActiveResourcesInfo,
  typeOf: String,
});

export const handles: Source = source({
  key: 'processHandles',
  name: 'nodejs_active_handles',
  help: 'Number of active libuv handles grouped by handle type. Every handle type is C++ class name.',
  total: 'Total number of active handles.',
  list: () => (process as Listing)._getActiveHandles,
  typeOf: className,
});

export const requests: Source = source({
  key: 'processRequests',
  name: 'nodejs_active_requests',
  help: 'Number of active libuv requests grouped by request type. Every request type is C++ class name.',
  total: 'Total number of active requests.',
  list: () => (process as Listing)._getActiveRequests,
  typeOf: className,
});

interface Kind {
  key: string;
  name: string;
  help: string;
  /** Help text of the gauge for all types together. */
  total: string;
  /** Returns the function of `process` that lists the resources; undefined if the runtime has none. */
  list: () => (() => unknown[]) | undefined;
  /** Returns the type of an element of that list; undefined if it counts only in the total. */
  typeOf: (one: unknown) => string | undefined;
}

function source({ key, name, help, total, list, typeOf }: Kind): Source {
  const totalName = `${name}_total`;
  return {
    key,
    names: [name, totalName],
    start(group: Group) {
      if (typeof list() !== 'function') return;
      const byType = group.gauge(name, help, { own: ['type'] });
      const all = group.gauge(totalName, total);
      // Each gauge has its own callback, as in prom-client, because a program may read only one of them.
      if (byType !== undefined) {
        byType.collect = () => {
          showTypes(byType, countTypes(list()!.call(process), typeOf), group.labels);
        };
      }
      if (all !== undefined) {
        all.collect = () => {
          all.set(group.labels, list()!.call(process).length);
        };
      }
    },
  };
}

/** Counts the elements of each type. Types are in the order of their first occurrence. */
export function countTypes(list: readonly unknown[], typeOf: Kind['typeOf']): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of list) {
    const type = typeOf(one);
    if (type !== undefined) counts.set(type, (counts.get(type) ?? 0) + 1);
  }
  return counts;
}

/** Replaces all series of a gauge by one for each type. A type without elements is not shown any more. */
export function showTypes(
  gauge: { reset(): void; set(labels: LabelValues<string>, value: number): void },
  counts: Iterable<readonly [type: string, count: number]>,
  labels: object | undefined,
): void {
  gauge.reset();
  for (const [type, count] of counts) gauge.set({ type, ...labels }, count);
}

/** The name of an object's class; undefined if it has none. */
export function className(one: unknown): string | undefined {
  return (one as { constructor?: { name: string } } | null | undefined)?.constructor?.name;
}
