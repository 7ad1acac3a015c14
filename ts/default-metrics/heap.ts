/** V8's heap of this thread. */

import type { Source } from './group';
import { memoryUsage } from './usage';

const TOTAL = 'nodejs_heap_size_total_bytes';
const USED = 'nodejs_heap_size_used_bytes';
const EXTERNAL = 'nodejs_external_memory_bytes';

export const heap: Source = {
  key: 'heapSizeAndUsed',
  names: [TOTAL, USED, EXTERNAL],
  start(group) {
    const total = group.gauge(TOTAL, 'Process heap size from Node.js in bytes.');
    const used = group.gauge(USED, 'Process heap size used from Node.js in bytes.');
    const external = group.gauge(EXTERNAL, 'Node.js external memory size in bytes.');
    group.collect(() => {
      const bytes = memoryUsage();
      // The gauges keep their last values.
      if (bytes === undefined) return;
      total?.set(group.labels, bytes.heapTotal);
      used?.set(group.labels, bytes.heapUsed);
      if (bytes.external !== undefined) external?.set(group.labels, bytes.external);
    });
  },
};
