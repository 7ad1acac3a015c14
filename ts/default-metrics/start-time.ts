/** The start time of the process. */

import type { Source } from './group';

const NAME = 'process_start_time_seconds';

// Computed when this file is loaded, before a test can replace the clock.
const started = Math.round(Date.now() / 1000 - process.uptime());

export const startTime: Source = {
  key: 'processStartTime',
  names: [NAME],
  ofProcess: true,
  start(group) {
    const gauge = group.gauge(NAME, 'Start time of the process since unix epoch in seconds.', {
      aggregator: 'omit',
    });
    group.collect(() => {
      gauge?.set(group.labels, started);
    });
  },
};
