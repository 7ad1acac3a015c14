/** CPU time of the process. */

import type { LabelValues } from '../metrics';
import type { Source } from './group';
import { spanLabels } from './span';

const USER = 'process_cpu_user_seconds_total';
const SYSTEM = 'process_cpu_system_seconds_total';
const TOTAL = 'process_cpu_seconds_total';

/** The `inc()` of a counter with exemplars. */
interface WithExemplars {
  inc(given: { labels: LabelValues<string>; value: number; exemplarLabels: object }): void;
}

export const cpu: Source = {
  key: 'processCpuTotal',
  names: [USER, SYSTEM, TOTAL],
  ofProcess: true,
  start(group) {
    const exemplars = Boolean(group.settings.config.enableExemplars);
    let last = process.cpuUsage();
    const user = group.counter(USER, 'Total user CPU time spent in seconds.', exemplars);
    const system = group.counter(SYSTEM, 'Total system CPU time spent in seconds.', exemplars);
    const total = group.counter(
      TOTAL,
      'Total user and system CPU time spent in seconds.',
      exemplars,
    );
    const waiting = (): void => {
      last = process.cpuUsage();
    };
    group.collect(() => {
      const now = process.cpuUsage();
      const micros = { user: now.user - last.user, system: now.system - last.system };
      last = now;
      const spent = [
        [user, micros.user],
        [system, micros.system],
        [total, micros.user + micros.system],
      ] as const;
      for (const [counter, value] of spent) {
        if (counter === undefined) continue;
        const { labels } = group;
        if (counter.enableExemplars) {
          const given = { labels, value: value / 1e6, exemplarLabels: spanLabels() };
          (counter as unknown as WithExemplars).inc(given);
        } else counter.inc(labels, value / 1e6);
      }
    }, waiting);
  },
};
